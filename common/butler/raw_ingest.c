/* Raw files into a repository: looked at whole. */
#include "butler/raw_ingest.h"

#include "base/alloc.h"
#include "butler/raw_cards.h"
#include "domain/translate_info.h"
#include "io/digest.h"
#include "io/file.h"
#include "io/fits_header.h"
#include "io/fits_raw.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const fault_names[] = {
    [CB_RAW_SOUND] = "sound",
    [CB_RAW_NOT_FITS] = "not-fits",
    [CB_RAW_TRUNCATED] = "truncated",
    [CB_RAW_DAMAGED] = "damaged",
    [CB_RAW_CHECKSUM] = "checksum",
    [CB_RAW_TOO_LARGE] = "too-large",
    [CB_RAW_FOREIGN_CAMERA] = "foreign-camera",
    [CB_RAW_MISSING_KEY] = "missing-key",
    [CB_RAW_UNUSABLE_KEY] = "unusable-key",
    [CB_RAW_UNREGISTERED] = "unregistered",
    [CB_RAW_DUPLICATE] = "duplicate",
    [CB_RAW_CONFLICT] = "conflict",
};

const char *cb_raw_fault_name(enum cb_raw_fault fault)
{
    return fault_names[fault];
}

void cb_raw_file_done(struct cb_raw_file *file)
{
    free(file->path);
    file->path = NULL;
}

/* What reads a file says what is wrong in a sentence; which kind of fault that is, by its words, first match.
 */
struct fault_words {
    const char *words; /* NULL ends the table: any others */
    enum cb_raw_fault fault;
};

static enum cb_raw_fault fault_of(const struct fault_words *table, const char *text)
{
    while (table->words != NULL && strstr(text, table->words) == NULL)
        table++;
    return table->fault;
}

static enum cb_raw_fault fault_of_bytes(const char *text)
{
    static const struct fault_words table[] = {
        { "inflates to more than", CB_RAW_TOO_LARGE },
        { "is not FITS", CB_RAW_NOT_FITS },
        { "truncated", CB_RAW_TRUNCATED },
        { "was shortened", CB_RAW_TRUNCATED },
        { "SUM does not hold", CB_RAW_CHECKSUM },
        { "the data sum to", CB_RAW_CHECKSUM },
        { NULL, CB_RAW_DAMAGED },
    };
    return fault_of(table, text);
}

static enum cb_raw_fault fault_of_header(const char *text)
{
    static const struct fault_words table[] = {
        { " is missing or has no value", CB_RAW_MISSING_KEY },
        { " are all missing", CB_RAW_MISSING_KEY },
        { " is not registered for ", CB_RAW_UNREGISTERED },
        { " has no detector ", CB_RAW_UNREGISTERED },
        { NULL, CB_RAW_UNUSABLE_KEY },
    };
    return fault_of(table, text);
}

static bool is_passing(const struct cb_error *why)
{
    return why->kind == CB_ERR_TRANSIENT || why->kind == CB_ERR_NOT_FOUND || why->kind == CB_ERR_FATAL;
}

/* A fault is kept in the file; what may pass is an error. */
static bool keep_fault(struct cb_raw_file *file, enum cb_raw_fault fault, const struct cb_error *why,
                       struct cb_error *err)
{
    if (is_passing(why)) {
        if (err != NULL)
            *err = *why;
        return false;
    }
    file->fault = fault;
    snprintf(file->reason, sizeof file->reason, "%s", why->text);
    return true;
}

/* $corrections' first "<instrument>-<obs_id>.yaml". *ret_header stays NULL when there is none. */
static bool find_corrections(const char *folders, const struct cb_instrument *instrument, const char *obs_id,
                             struct cb_header **ret_header, struct cb_error *err)
{
    for (const char *at = folders; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, ":");
        if (length == 0) { /* an empty part of the list names no folder */
            at++;
            continue;
        }
        cb_auto(cb_free) char *path =
            cb_xasprintf("%.*s/%s-%s.yaml", (int)length, at, instrument->name, obs_id);
        if (access(path, F_OK) == 0)
            return cb_raw_cards_read_yaml(path, ret_header, err);
        at += length + (at[length] == ':');
    }
    return true;
}

static bool translate(struct cb_raw_file *file, const struct cb_header *metadata, const char *folders,
                      struct cb_error *err)
{
    const struct cb_card_source source = cb_raw_cards(metadata);
    const struct cb_instrument *instrument;
    struct cb_error why = { 0 };
    if (!cb_translate_camera(&source, &instrument, &why))
        return keep_fault(file, CB_RAW_FOREIGN_CAMERA, &why, err);

    char obs_id[65];
    cb_auto(cb_header_free) struct cb_header *cards = NULL;
    if (!cb_translate_obs_id(&source, obs_id, &why))
        return keep_fault(file, fault_of_header(why.text), &why, err);
    if (!find_corrections(folders, instrument, obs_id, &cards, err))
        return false;
    const struct cb_card_source corrections = cb_raw_cards(cards);
    if (!cb_translate(&source, cards != NULL ? &corrections : NULL, &file->record, &why))
        return keep_fault(file, fault_of_header(why.text), &why, err);
    return true;
}

static bool has_camera(const struct cb_header *header)
{
    const struct cb_card_source source = cb_raw_cards(header);
    const struct cb_instrument *instrument;
    return cb_translate_camera(&source, &instrument, NULL);
}

/* The header that tells what a frame is: that of HDU 0; where no camera is known by it, HDU 1 laid over it.
 * Frees `primary`. */
static struct cb_header *complete_header(const char *path, struct cb_header *primary)
{
    cb_auto(cb_header_free) struct cb_header *next = NULL;
    if (has_camera(primary) || !cb_header_read(path, 1, &next, NULL))
        return primary;
    for (size_t i = 0; i < next->count; i++)
        cb_header_set_card(primary, &next->card[i]);
    return primary;
}

/* Whose frame it is comes first: what else is wrong with another camera's is not for us to say. */
static bool inspect_opened(struct cb_raw_file *file, struct cb_raw *raw, const char *corrections,
                           struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *metadata =
        complete_header(file->path, cb_header_copy(cb_raw_primary(raw)));
    const struct cb_card_source source = cb_raw_cards(metadata);
    const struct cb_instrument *instrument;
    struct cb_error why = { 0 };
    if (!cb_translate_camera(&source, &instrument, &why))
        return keep_fault(file, CB_RAW_FOREIGN_CAMERA, &why, err);
    if (!cb_raw_check(raw, &why))
        return keep_fault(file, fault_of_bytes(why.text), &why, err);
    return translate(file, metadata, corrections, err);
}

bool cb_raw_inspect(const char *path, const char *corrections, struct cb_raw_file *ret_file,
                    struct cb_error *err)
{
    struct cb_raw_file file = { .path = cb_xstrdup(path) };
    struct cb_error why = { 0 };
    struct cb_digest digest;
    cb_auto(cb_raw_close) struct cb_raw *raw = NULL;
    bool ok = cb_digest_sha256(path, &digest, err);
    if (ok) {
        memcpy(file.sha256, digest.sha256, sizeof file.sha256);
        file.size_bytes = digest.size_bytes;
        ok = cb_raw_open(path, &raw, &why) ? inspect_opened(&file, raw, corrections, err)
                                           : keep_fault(&file, fault_of_bytes(why.text), &why, err);
    }
    if (!ok) {
        cb_raw_file_done(&file);
        return false;
    }
    *ret_file = file;
    return true;
}

static bool look_at_info(struct cb_raw_file *file, const struct cb_header *info, struct cb_error *err)
{
    struct cb_error why = { 0 };
    const struct cb_card_source source = cb_raw_cards(info);
    return cb_translate_info(&source, &file->record, &why) ||
           keep_fault(file, fault_of_header(why.text), &why, err);
}

static bool look_at_header(struct cb_raw_file *file, const char *corrections, struct cb_error *err)
{
    struct cb_error why = { 0 };
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    if (!cb_header_read(file->path, 0, &header, &why))
        return keep_fault(file, fault_of_bytes(why.text), &why, err);
    header = complete_header(file->path, header);
    return translate(file, header, corrections, err);
}

bool cb_raw_look(const char *path, const struct cb_raw_metadata *metadata, const char *corrections,
                 struct cb_raw_file *ret_file, struct cb_error *err)
{
    struct cb_raw_file file = { .path = cb_xstrdup(path) };
    bool ok = cb_file_size(path, &file.size_bytes, err);
    if (ok && metadata == NULL)
        ok = look_at_header(&file, corrections, err);
    else if (ok && metadata->is_translated)
        ok = look_at_info(&file, metadata->cards, err);
    else if (ok)
        ok = translate(&file, metadata->cards, corrections, err);
    if (!ok) {
        cb_raw_file_done(&file);
        return false;
    }
    *ret_file = file;
    return true;
}

char *cb_raw_corrections(const char *setting, const char *environment)
{
    return cb_xasprintf("%s:%s", setting != NULL ? setting : "", environment != NULL ? environment : "");
}
