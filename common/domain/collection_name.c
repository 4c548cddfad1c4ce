/* Names of collections, taken apart and put together. */
#include "domain/collection_name.h"

#include "base/tai.h"
#include "domain/instrument.h"
#include "domain/scan.h"

#include <stdio.h>
#include <string.h>

#define PARTS_MAX 12
#define PATTERN_HINT                                                                                         \
    "expected INSTRUMENT/calib/TICKET/TAG/{type}Gen[-filter].YYYYMMDDv (DMTN-222 section 2) or u/NAME/..."

/* A name split at its slashes. */
struct parts {
    char text[CB_COLLECTION_NAME_SIZE];
    const char *part[PARTS_MAX];
    size_t count;
};

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_allowed(char c)
{
    return is_letter_or_digit(c) || (c != '\0' && strchr("_./+~-", c) != NULL);
}

static bool is_dots(const char *part, size_t length)
{
    return (length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.');
}

bool cb_collection_name_check(const char *name, struct cb_error *err)
{
    if (name[0] == '\0')
        return cb_fail(err, CB_ERR_INVALID, "the collection name is empty");
    for (size_t i = 0; name[i] != '\0'; i++)
        if (!is_allowed(name[i]))
            return cb_fail(err, CB_ERR_INVALID,
                           "collection name \"%.200s\" has a character that is not allowed at position %zu: "
                           "only letters, "
                           "digits and _ . / + ~ - are",
                           name, i);
    for (const char *at = name;; at++) {
        size_t length = strcspn(at, "/");
        if (length == 0 || is_dots(at, length))
            return cb_fail(err, CB_ERR_INVALID, "collection name \"%.200s\" has an empty part or \".\"",
                           name);
        at += length;
        if (*at == '\0')
            return true;
    }
}

static bool split(const char *text, struct parts *parts, struct cb_error *err)
{
    if (!cb_collection_name_check(text, err))
        return false;
    if (strlen(text) >= sizeof parts->text)
        return cb_fail(err, CB_ERR_INVALID, "collection name \"%.100s...\" is longer than %zu characters",
                       text, sizeof parts->text - 1);
    memcpy(parts->text, text, strlen(text) + 1);
    parts->count = 0;
    for (char *at = parts->text; at != NULL;) {
        if (parts->count == PARTS_MAX)
            return true; /* too many for any pattern: the count says so */
        parts->part[parts->count++] = at;
        at = strchr(at, '/');
        if (at != NULL)
            *at++ = '\0';
    }
    return true;
}

/* Copy a part where it fits; false (pattern does not hold) where it does not. */
static bool take(char *field, size_t size, const char *text, size_t length)
{
    if (length >= size)
        return false;
    memcpy(field, text, length);
    field[length] = '\0';
    return true;
}

#define TAKE(field, text) take((field), sizeof(field), (text), strlen(text))

bool cb_rerun_is_valid(const char *rerun)
{
    const char *at = rerun;
    int64_t year = 0, month = 0, day = 0, days = 0;
    char date[9];
    if (strlen(rerun) != CB_RERUN_SIZE - 1 || rerun[8] < 'a' || rerun[8] > 'z')
        return false;
    memcpy(date, at, 8);
    date[8] = '\0';
    at = date;
    if (!cb_scan_digits(&at, 8, 8, &day))
        return false;
    year = day / 10000;
    month = day / 100 % 100;
    return cb_days_from_date((int)year, (int)month, (int)(day % 100), &days);
}

bool cb_rerun_next(const char *rerun, char ret_rerun[CB_RERUN_SIZE], struct cb_error *err)
{
    if (!cb_rerun_is_valid(rerun))
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is not a rerun: expected YYYYMMDD and a letter a-z",
                       rerun);
    if (rerun[8] == 'z')
        return cb_fail(err, CB_ERR_CONFLICT,
                       "rerun \"%s\" has the last letter: begin again with the date of today", rerun);
    memcpy(ret_rerun, rerun, CB_RERUN_SIZE);
    ret_rerun[8]++;
    return true;
}

static bool is_word(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!is_letter_or_digit(text[i]) && text[i] != '_')
            return false;
    return length > 0;
}

static bool starts_with(const char *text, size_t length, const char *prefix)
{
    return length > strlen(prefix) && strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The word before filter and rerun decides the pattern: biasGen, verifyBias, atoolsDark, bias. */
static bool parse_word(const char *word, size_t length, struct cb_collection_name *name)
{
    bool capital = false;
    const char *type = word;
    name->pattern = CB_COLLECTION_CERTIFIED;
    if (length > 3 && strncmp(word + length - 3, "Gen", 3) == 0) {
        name->pattern = CB_COLLECTION_GENERATION;
        length -= 3;
    } else if (starts_with(word, length, "verify") || starts_with(word, length, "atools")) {
        name->pattern = word[0] == 'v' ? CB_COLLECTION_VERIFICATION : CB_COLLECTION_ANALYSIS;
        type += 6;
        length -= 6;
        capital = true;
    }
    char first = type[0];
    bool upper = first >= 'A' && first <= 'Z';
    if (!is_word(type, length) || upper != capital || !take(name->type, sizeof name->type, type, length))
        return false;
    if (capital)
        name->type[0] = (char)(first - 'A' + 'a');
    return true;
}

/* "flatGen-r.20250207a": word, filter, rerun. */
static bool parse_leaf(const char *leaf, struct cb_collection_name *name)
{
    const char *dot = strrchr(leaf, '.');
    if (dot == NULL || !cb_rerun_is_valid(dot + 1) || !TAKE(name->rerun, dot + 1))
        return false;
    const char *dash = memchr(leaf, '-', (size_t)(dot - leaf));
    const char *end = dash != NULL ? dash : dot;
    if (dash != NULL &&
        (dash + 1 == dot || !take(name->filter, sizeof name->filter, dash + 1, (size_t)(dot - dash) - 1)))
        return false;
    return parse_word(leaf, (size_t)(end - leaf), name);
}

/* 20250207T010203Z, as bps and write-curated-calibrations put it. */
static bool is_stamp(const char *text)
{
    static const char form[] = "00000000T000000Z";
    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i] != '\0'; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    const int hour = (text[9] - '0') * 10 + text[10] - '0';
    int64_t date = 0, days = 0;
    const char *at = text;
    return cb_scan_digits(&at, 8, 8, &date) &&
           cb_days_from_date((int)(date / 10000), (int)(date / 100 % 100), (int)(date % 100), &days) &&
           hour < 24 && text[11] < '6' && (text[13] < '6' || strncmp(text + 13, "60", 2) == 0);
}

/* run1, run2, ...: $BOOTSTRAP_RUN_NUMBER of DMTN-222 section 7. */
static bool is_run_number(const char *text)
{
    return strncmp(text, "run", 3) == 0 && text[3] >= '1' && text[3] <= '9' &&
           strspn(text + 3, "0123456789") == strlen(text + 3);
}

static bool parse_ticketed(const char *const *part, size_t count, struct cb_collection_name *name)
{
    if (!TAKE(name->ticket, part[0]) || !cb_ticket_is_valid(part[0]))
        return false;
    if (count == 1) {
        name->pattern = CB_COLLECTION_TICKET_CHAIN;
        return true;
    }
    if ((count == 3 && strcmp(part[1], "curated") == 0 && is_stamp(part[2])) ||
        (count == 2 && strcmp(part[1], "unbounded") == 0)) {
        name->pattern = CB_COLLECTION_CURATED_RUN;
        return TAKE(name->step, part[count - 1]);
    }
    if (count < 3 || count > 4 || !TAKE(name->tag, part[1]) || !parse_leaf(part[2], name))
        return false;
    return count == 3 || (name->pattern != CB_COLLECTION_CERTIFIED &&
                          (is_stamp(part[3]) || is_run_number(part[3])) && TAKE(name->step, part[3]));
}

static bool parse_pattern(const struct parts *parts, struct cb_collection_name *name)
{
    const char *const *part = parts->part;
    size_t count = parts->count;
    if (count > 2 && strcmp(part[0], "u") == 0) {
        if (!TAKE(name->user, part[1]))
            return false;
        part += 2;
        count -= 2;
    }
    if (count < 2 || count >= PARTS_MAX || !TAKE(name->instrument, part[0]) ||
        !is_word(part[0], strlen(part[0])))
        return false;
    if (count == 3 && strcmp(part[1], "raw") == 0 && strcmp(part[2], "all") == 0)
        name->pattern = CB_COLLECTION_RAW;
    else if (count == 2 && strcmp(part[1], "defaults") == 0)
        name->pattern = CB_COLLECTION_DEFAULTS;
    else if (count == 2 && strcmp(part[1], "calib") == 0)
        name->pattern = CB_COLLECTION_DEFAULT_CALIB;
    else
        return count > 2 && strcmp(part[1], "calib") == 0 && parse_ticketed(part + 2, count - 2, name);
    return true;
}

bool cb_collection_name_parse(const char *text, struct cb_collection_name *ret_name, struct cb_error *err)
{
    struct parts parts = { .count = 0 };
    struct cb_collection_name name = { 0 };
    if (!split(text, &parts, err))
        return false;
    if (!parse_pattern(&parts, &name)) {
        struct cb_collection_name other = { 0 };
        if (parts.count > 2 && strcmp(parts.part[0], "u") == 0)
            (void)TAKE(other.user, parts.part[1]);
        name = other;
    }
    *ret_name = name;
    return true;
}

bool cb_collection_name_parse_official(const char *text, struct cb_collection_name *ret_name,
                                       struct cb_error *err)
{
    struct cb_collection_name name = { 0 };
    if (!cb_collection_name_parse(text, &name, err))
        return false;
    if (name.pattern == CB_COLLECTION_OTHER && name.user[0] == '\0')
        return cb_fail(err, CB_ERR_INVALID,
                       "collection name \"%.150s\" follows no pattern of official calibrations: %s", text,
                       PATTERN_HINT);
    *ret_name = name;
    return true;
}

/* INSTRUMENT/... of a camera that is known, ANY/calib[/...], ANY/raw/all, ANY/defaults: the observatory's
 * own. */
static bool is_official(const char *text, const struct cb_collection_name *name)
{
    const char *slash = strchr(text, '/');
    char first[CB_COLLECTION_PART_SIZE];
    if (name->user[0] != '\0')
        return false;
    if (name->pattern != CB_COLLECTION_OTHER || (slash != NULL && strncmp(slash, "/calib/", 7) == 0))
        return true;
    return take(first, sizeof first, text, strcspn(text, "/")) && cb_instrument_find(first) != NULL;
}

bool cb_collection_name_check_certified(const char *text, struct cb_error *err)
{
    struct cb_collection_name name = { 0 };
    if (!cb_collection_name_parse(text, &name, err))
        return false;
    if (!is_official(text, &name) || name.pattern == CB_COLLECTION_CERTIFIED ||
        name.pattern == CB_COLLECTION_TICKET_CHAIN)
        return true;
    return cb_fail(err, CB_ERR_INVALID,
                   "\"%.150s\" is no name for certified calibrations: expected "
                   "INSTRUMENT/calib/TICKET/TAG/TYPE[-FILTER].YYYYMMDDv (DMTN-222 section 2) or u/NAME/...",
                   text);
}

bool cb_collection_name_check_curated(const char *text, struct cb_error *err)
{
    struct cb_collection_name name = { 0 };
    struct parts parts = { .count = 0 };
    if (!cb_collection_name_parse(text, &name, err) || !split(text, &parts, err))
        return false;
    if (!is_official(text, &name) ||
        (parts.count > 2 && strcmp(parts.part[1], "calib") == 0 && cb_ticket_is_valid(parts.part[2])))
        return true;
    return cb_fail(err, CB_ERR_INVALID,
                   "\"%.150s\" is no name for curated calibrations: expected INSTRUMENT/calib/TICKET, as "
                   "LATISS/calib/DM-12345 (DMTN-222 section 5), or u/NAME/...",
                   text);
}

static void format_leaf(const struct cb_collection_name *name, char *text, size_t size)
{
    const char *prefix = name->pattern == CB_COLLECTION_VERIFICATION ? "verify"
                         : name->pattern == CB_COLLECTION_ANALYSIS   ? "atools"
                                                                     : "";
    char first = name->type[0];
    if (prefix[0] != '\0' && first >= 'a' && first <= 'z')
        first = (char)(first - 'a' + 'A');
    snprintf(text, size, "%s/%s%c%s%s%s%s.%s%s%s", name->tag, prefix, first, name->type + 1,
             name->pattern == CB_COLLECTION_GENERATION ? "Gen" : "", name->filter[0] != '\0' ? "-" : "",
             name->filter, name->rerun, name->step[0] != '\0' ? "/" : "", name->step);
}

/* What follows "INSTRUMENT/". */
static bool format_rest(const struct cb_collection_name *name, char *text, size_t size)
{
    char leaf[6 * CB_COLLECTION_PART_SIZE] = "";
    switch (name->pattern) {
    case CB_COLLECTION_DEFAULT_CALIB:
        snprintf(text, size, "calib");
        return true;
    case CB_COLLECTION_RAW:
        snprintf(text, size, "raw/all");
        return true;
    case CB_COLLECTION_DEFAULTS:
        snprintf(text, size, "defaults");
        return true;
    case CB_COLLECTION_TICKET_CHAIN:
        snprintf(text, size, "calib/%s", name->ticket);
        return true;
    case CB_COLLECTION_CURATED_RUN:
        snprintf(text, size, "calib/%s/%s%s", name->ticket,
                 strcmp(name->step, "unbounded") == 0 ? "" : "curated/", name->step);
        return true;
    case CB_COLLECTION_OTHER:
        return false;
    default:
        if (name->type[0] == '\0')
            return false;
        format_leaf(name, leaf, sizeof leaf);
        snprintf(text, size, "calib/%s/%s", name->ticket, leaf);
        return true;
    }
}

bool cb_collection_name_format(const struct cb_collection_name *name, char ret_text[CB_COLLECTION_NAME_SIZE],
                               struct cb_error *err)
{
    char rest[8 * CB_COLLECTION_PART_SIZE], text[12 * CB_COLLECTION_PART_SIZE];
    struct cb_collection_name again = { 0 };
    if (!format_rest(name, rest, sizeof rest))
        return cb_fail(err, CB_ERR_INVALID, "a collection without pattern cannot be named");
    snprintf(text, sizeof text, "%s%s%s%s/%s", name->user[0] != '\0' ? "u/" : "", name->user,
             name->user[0] != '\0' ? "/" : "", name->instrument, rest);
    if (!cb_collection_name_parse(text, &again, err))
        return false;
    if (again.pattern != name->pattern)
        return cb_fail(err, CB_ERR_INVALID, "\"%.200s\" is not a collection name: %s", text, PATTERN_HINT);
    memcpy(ret_text, text, strlen(text) + 1);
    return true;
}

static bool parse_generation(const char *generation, struct cb_collection_name *name, struct cb_error *err)
{
    if (!cb_collection_name_parse(generation, name, err))
        return false;
    if (name->pattern != CB_COLLECTION_GENERATION)
        return cb_fail(err, CB_ERR_INVALID, "collection \"%.150s\" is not a generation: %s", generation,
                       PATTERN_HINT);
    name->step[0] = '\0';
    return true;
}

static bool set_rerun(struct cb_collection_name *name, const char *rerun, struct cb_error *err)
{
    if (rerun == NULL)
        return true;
    if (!cb_rerun_is_valid(rerun))
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is not a rerun: expected YYYYMMDD and a letter a-z",
                       rerun);
    memcpy(name->rerun, rerun, CB_RERUN_SIZE);
    return true;
}

bool cb_collection_name_certified(const char *generation, const char *rerun,
                                  char ret_text[CB_COLLECTION_NAME_SIZE], struct cb_error *err)
{
    struct cb_collection_name name = { 0 };
    if (!parse_generation(generation, &name, err) || !set_rerun(&name, rerun, err))
        return false;
    name.pattern = CB_COLLECTION_CERTIFIED;
    if (strcmp(name.type, "defect") == 0)
        (void)TAKE(name.type, "defects");
    return cb_collection_name_format(&name, ret_text, err);
}

bool cb_collection_name_verify(const char *generation, const char *rerun,
                               char ret_text[CB_COLLECTION_NAME_SIZE], struct cb_error *err)
{
    struct cb_collection_name name = { 0 };
    if (!parse_generation(generation, &name, err) || !set_rerun(&name, rerun, err))
        return false;
    name.pattern = CB_COLLECTION_VERIFICATION;
    if (strcmp(name.type, "defect") == 0)
        (void)TAKE(name.type, "defects");
    return cb_collection_name_format(&name, ret_text, err);
}

bool cb_collection_name_chain(const char *calibration, char ret_text[CB_COLLECTION_NAME_SIZE],
                              struct cb_error *err)
{
    struct cb_collection_name name = { 0 };
    if (!cb_collection_name_parse(calibration, &name, err))
        return false;
    if (name.ticket[0] == '\0')
        return cb_fail(err, CB_ERR_INVALID, "collection \"%.150s\" belongs to no ticket: %s", calibration,
                       PATTERN_HINT);
    name.pattern = CB_COLLECTION_TICKET_CHAIN;
    return cb_collection_name_format(&name, ret_text, err);
}

const char *cb_calib_dataset_type(const char *type)
{
    static const char *const names[][2] = {
        { "defect", "defects" },
        { "electroBFDistortionMatrix", "electroBfDistortionMatrix" },
        { "flatGradientReference", "flat_gradient_reference" },
        { "gainCorrection", "gain_correction" },
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i][0], type) == 0)
            return names[i][1];
    return type;
}

bool cb_calib_is_bootstrap(const char *type)
{
    size_t length = strlen(type);
    return length > 9 && strcmp(type + length - 9, "Bootstrap") == 0;
}
