/* Curated calibrations: a data package's folder, read and checked. */
#include "butler/curated.h"

#include "base/alloc.h"
#include "butler/curated_tables.h"
#include "butler/curated_text.h"
#include "io/ecsv.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

void cb_curated_done(struct cb_curated *curated)
{
    for (size_t i = 0; i < curated->count; i++) {
        free(curated->file[i].path);
        free(curated->file[i].made);
        cb_table_free(curated->file[i].table);
        cb_table_free(curated->file[i].second);
    }
    free(curated->file);
    *curated = (struct cb_curated){ 0 };
}

/* Where in the package the reader is. */
struct place {
    const struct cb_curated_type *type;
    const char *folder;
    int detector;       /* -1: none */
    const char *filter; /* name of its folder; NULL: none */
};

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_data(const char *name)
{
    const char *dot = strrchr(name, '.');
    return name[0] != '.' && dot != NULL &&
           (strcmp(dot, ".ecsv") == 0 || strcmp(dot, ".yaml") == 0 || strcmp(dot, ".json") == 0);
}

/* ---- metadata against the path ---- */

static bool agrees_text(const struct cb_header *meta, const char *key, const char *expected)
{
    const char *text = "";
    bool has = cb_header_get_string(meta, key, &text) && text[0] != '\0';
    return expected == NULL ? !has : has && strcasecmp(text, expected) == 0;
}

static bool agrees_detector(const struct cb_header *meta, int expected)
{
    int64_t detector;
    bool has = cb_header_get_int(meta, "DETECTOR", &detector);
    return expected < 0 ? !has : has && detector == expected;
}

static void lower(const char *text, char *ret_text, size_t size)
{
    size_t i = 0;
    for (; text[i] != '\0' && i + 1 < size; i++)
        ret_text[i] = (char)(text[i] == ' ' ? '_' : tolower((unsigned char)text[i]));
    ret_text[i] = '\0';
}

static bool agrees_filter(const struct cb_header *meta, const char *folder)
{
    const char *filter = "";
    char lowered[CB_FILTER_NAME_SIZE];
    if (folder == NULL)
        return agrees_text(meta, "FILTER", NULL);
    if (!cb_header_get_string(meta, "FILTER", &filter))
        return false;
    lower(filter, lowered, sizeof lowered);
    return strcmp(lowered, folder) == 0;
}

static bool check_meta(const struct cb_curated *curated, const struct place *at, const char *path,
                       const struct cb_header *meta, struct cb_error *err)
{
    const char *wrong = !agrees_text(meta, "INSTRUME", curated->instrument->policy_name) ? "INSTRUME"
                        : !agrees_text(meta, "OBSTYPE", at->type->name)                  ? "OBSTYPE"
                        : !agrees_detector(meta, at->detector)                           ? "DETECTOR"
                        : !agrees_filter(meta, at->filter)                               ? "FILTER"
                                                                                         : NULL;
    if (wrong != NULL)
        return cb_fail(err, CB_ERR_INVALID, "Path and file metadata do not agree: %s of \"%s\"", wrong, path);
    return true;
}

/* ---- one file ---- */

static bool set_data_id(const struct cb_curated *curated, const struct place *at,
                        struct cb_curated_file *file, struct cb_error *err)
{
    const char *filter = "";
    if (!cb_data_id_set(&file->data_id, CB_INSTRUMENT, curated->instrument->name, err))
        return false;
    if (at->detector >= 0)
        cb_data_id_set_number(&file->data_id, CB_DETECTOR, at->detector);
    return at->filter == NULL || (cb_header_get_string(file->table->meta, "FILTER", &filter) &&
                                  cb_data_id_set(&file->data_id, CB_PHYSICAL_FILTER, filter, err));
}

static bool read_table(const struct cb_curated *curated, const struct place *at, struct cb_curated_file *file,
                       struct cb_error *err)
{
    const char *calibdate, *dot = strrchr(file->path, '.');
    bool is_ecsv = dot != NULL && strcmp(dot, ".ecsv") == 0;
    if (!(is_ecsv ? cb_ecsv_read(file->path, &file->table, err)
                  : cb_curated_text_read(file->path, file->type, &file->table, &file->second, err)) ||
        !check_meta(curated, at, file->path, file->table->meta, err))
        return false;
    if (!cb_header_get_string(file->table->meta, "CALIBDATE", &calibdate))
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" has no CALIBDATE", file->path);
    if (!cb_curated_stamp(calibdate, file->stamp, err) || !set_data_id(curated, at, file, err) ||
        !cb_curated_prepare(file->type, &file->table, err))
        return cb_context(err, "\"%s\"", file->path);
    if (file->second != NULL)
        cb_curated_prepare_second(file->type, file->table, file->second);
    return true;
}

static bool add_file(struct cb_curated *curated, const struct place *at, const char *name,
                     struct cb_error *err)
{
    curated->file = cb_xrealloc_array(curated->file, curated->count + 1, sizeof *curated->file);
    struct cb_curated_file *file = &curated->file[curated->count++];
    *file = (struct cb_curated_file){ .type = at->type, .path = cb_xasprintf("%s/%s", at->folder, name) };
    cb_auto(cb_free) char *stem = cb_xstrndup(name, (size_t)(strrchr(name, '.') - name));
    if (!cb_curated_start(stem, &file->start_tai_ns, err))
        return cb_context(err, "\"%s\"", file->path);
    return read_table(curated, at, file, err);
}

static int by_start(const void *a, const void *b)
{
    const struct cb_curated_file *left = a, *right = b;
    return (left->start_tai_ns > right->start_tai_ns) - (left->start_tai_ns < right->start_tai_ns);
}

/* [start_k, start_k+1), the last one open. */
static bool set_validities(struct cb_curated_file *file, size_t n, struct cb_error *err)
{
    qsort(file, n, sizeof *file, by_start);
    for (size_t i = 0; i < n; i++) {
        int64_t until = i + 1 < n ? file[i + 1].start_tai_ns : CB_TIMESPAN_MAX_NS;
        if (until == file[i].start_tai_ns)
            return cb_fail(err, CB_ERR_INVALID, "\"%s\" and \"%s\" begin at the same time", file[i].path,
                           file[i + 1].path);
        file[i].validity = cb_timespan_of(file[i].start_tai_ns, until);
    }
    return true;
}

/* ---- folders ---- */

typedef bool visit_entry(struct cb_curated *curated, const struct place *at, const char *name,
                         struct cb_error *err);

/* Call visit for the entries of a folder that are (no) folders, in the order of their names. */
static bool each_entry(struct cb_curated *curated, const struct place *at, bool folders, visit_entry *visit,
                       size_t *ret_count, struct cb_error *err)
{
    struct dirent **entries = NULL;
    int n = scandir(at->folder, &entries, NULL, alphasort);
    bool ok = n >= 0 || cb_fail(err, CB_ERR_NOT_FOUND, "no folder \"%s\"", at->folder);
    *ret_count = 0;
    for (int i = 0; i < n; i++) {
        cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", at->folder, entries[i]->d_name);
        bool wanted = entries[i]->d_name[0] != '.' && is_folder(path) == folders &&
                      (folders || is_data(entries[i]->d_name));
        *ret_count += wanted;
        ok = ok && (!wanted || visit(curated, at, entries[i]->d_name, err));
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool read_leaf(struct cb_curated *curated, const struct place *at, struct cb_error *err)
{
    size_t first = curated->count, found;
    if (!each_entry(curated, at, false, add_file, &found, err))
        return false;
    if (found == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "Found no data files in %s", at->folder);
    return set_validities(curated->file + first, curated->count - first, err);
}

static bool enter_filter(struct cb_curated *curated, const struct place *at, const char *name,
                         struct cb_error *err)
{
    cb_auto(cb_free) char *folder = cb_xasprintf("%s/%s", at->folder, name);
    struct cb_physical_filter *all = NULL;
    size_t n = cb_instrument_filters(curated->instrument, &all);
    cb_auto(cb_free) struct cb_physical_filter *filters = all;
    bool known = false;
    for (size_t i = 0; i < n && !known; i++) {
        char lowered[CB_FILTER_NAME_SIZE];
        lower(filters[i].name, lowered, sizeof lowered);
        known = strcmp(lowered, name) == 0;
    }
    if (!known)
        return cb_fail(err, CB_ERR_INVALID, "Filter %.60s not known to %s: %s", name,
                       curated->instrument->name, at->folder);
    const struct place inside = { at->type, folder, at->detector, name };
    return read_leaf(curated, &inside, err);
}

static bool enter_folders(struct cb_curated *curated, const struct place *at, visit_entry *visit,
                          struct cb_error *err)
{
    size_t found;
    if (!each_entry(curated, at, true, visit, &found, err))
        return false;
    return found > 0 || cb_fail(err, CB_ERR_NOT_FOUND, "Found no data files in %s", at->folder);
}

static bool enter_detector(struct cb_curated *curated, const struct place *at, const char *name,
                           struct cb_error *err)
{
    cb_auto(cb_free) char *folder = cb_xasprintf("%s/%s", at->folder, name);
    struct place inside = { at->type, folder, -1, NULL };
    for (int id = 0; (size_t)id < curated->instrument->n_detectors && inside.detector < 0; id++) {
        struct cb_detector detector;
        char lowered[sizeof detector.full_name];
        if (!cb_instrument_detector(curated->instrument, id, &detector, err))
            return false;
        lower(detector.full_name, lowered, sizeof lowered);
        inside.detector = strcmp(lowered, name) == 0 ? id : -1;
    }
    if (inside.detector < 0)
        return cb_fail(err, CB_ERR_INVALID, "Detector %.60s not known to supplied camera %s: %s", name,
                       curated->instrument->name, at->folder);
    return (at->type->dims & CB_DIM(CB_PHYSICAL_FILTER)) != 0
               ? enter_folders(curated, &inside, enter_filter, err)
               : read_leaf(curated, &inside, err);
}

static bool enter_type(struct cb_curated *curated, const struct place *at, const char *name,
                       struct cb_error *err)
{
    cb_auto(cb_free) char *folder = cb_xasprintf("%s/%s", at->folder, name);
    const struct place inside = { cb_curated_type_find(name), folder, -1, NULL };
    if (inside.type == NULL)
        return true; /* folders of no type are not ours */
    if ((inside.type->dims & CB_DIM(CB_DETECTOR)) != 0)
        return enter_folders(curated, &inside, enter_detector, err);
    if ((inside.type->dims & CB_DIM(CB_PHYSICAL_FILTER)) != 0)
        return enter_folders(curated, &inside, enter_filter, err);
    return read_leaf(curated, &inside, err);
}

bool cb_curated_read(const char *folder, const struct cb_instrument *instrument,
                     struct cb_curated *ret_curated, struct cb_error *err)
{
    cb_auto_curated struct cb_curated curated = { .instrument = instrument };
    const struct place top = { NULL, folder, -1, NULL };
    size_t found;
    if (!each_entry(&curated, &top, true, enter_type, &found, err))
        return false;
    if (curated.count == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "No data to ingest in %s", folder);
    *ret_curated = curated;
    curated = (struct cb_curated){ 0 };
    return true;
}
