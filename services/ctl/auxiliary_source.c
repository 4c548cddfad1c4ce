/* Where an auxiliary product's files are, and what each is. */
#include "auxiliary_source.h"

#include "base/alloc.h"
#include "domain/scan.h"
#include "io/ecsv.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TABLE "filename_to_htm.ecsv"
#define FITS_MAGIC "SIMPLE  ="

/* Pixels of level 7 of the hierarchical triangular mesh (instruments.md 4.4). */
enum { HTM7_FIRST = 131072, HTM7_LAST = 262143 };

void auxiliary_source_done(struct auxiliary_source *source)
{
    for (size_t i = 0; i < source->n; i++)
        free(source->paths[i]);
    free(source->paths);
    free(source->ids);
    free(source->puts);
    *source = (struct auxiliary_source){ 0 };
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* A file that is not there may have been moved by a registration before: putting it tells. */
static bool check_magic(const char *path, const char *magic, const char *what, struct cb_error *err)
{
    char start[16] = "";
    size_t length = strlen(path);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return true;
    size_t got = fread(start, 1, sizeof start - 1, file);
    fclose(file);
    bool is_packed = length > 3 && strcmp(path + length - 3, ".gz") == 0;
    const char *wanted = is_packed ? "\x1f\x8b" : magic;
    if (got >= strlen(wanted) && memcmp(start, wanted, strlen(wanted)) == 0)
        return true;
    return cb_fail(err, CB_ERR_INVALID, "\"%s\" is no %s", path, what);
}

/* Takes the path. */
static struct cb_data_id *add(struct auxiliary_source *source, char *path)
{
    size_t n = source->n++;
    source->paths = cb_xrealloc_array(source->paths, n + 1, sizeof *source->paths);
    source->ids = cb_xrealloc_array(source->ids, n + 1, sizeof *source->ids);
    source->paths[n] = path;
    source->ids[n] = (struct cb_data_id){ 0 };
    return &source->ids[n];
}

static bool add_pixel(struct auxiliary_source *source, char *path, int64_t htm7, struct cb_error *err)
{
    cb_data_id_set_number(add(source, path), CB_HTM7, htm7);
    if (htm7 < HTM7_FIRST || htm7 > HTM7_LAST)
        return cb_fail(err, CB_ERR_INVALID, "\"%s\": %" PRId64 " is no pixel of HTM level 7 (%d..%d)", path,
                       htm7, HTM7_FIRST, HTM7_LAST);
    return check_magic(path, FITS_MAGIC, "FITS file", err);
}

static int by_number(const void *a, const void *b)
{
    const struct cb_data_id *const *left = a, *const *right = b;
    return ((*left)->number[CB_HTM7] > (*right)->number[CB_HTM7]) -
           ((*left)->number[CB_HTM7] < (*right)->number[CB_HTM7]);
}

static bool check_once(const struct auxiliary_source *source, struct cb_error *err)
{
    cb_auto(cb_free) const struct cb_data_id **sorted =
        cb_xalloc_array(source->n + 1, sizeof(const struct cb_data_id *)); /* NOLINT(bugprone-sizeof-*) */
    for (size_t i = 0; i < source->n; i++)
        sorted[i] = &source->ids[i];
    qsort(sorted, source->n, sizeof(const struct cb_data_id *), by_number); /* NOLINT(bugprone-sizeof-*) */
    for (size_t i = 1; i < source->n; i++)
        if (by_number(&sorted[i - 1], &sorted[i]) == 0)
            return cb_fail(err, CB_ERR_INVALID, "\"%s\" and \"%s\" are of the same pixel, %" PRId64,
                           source->paths[sorted[i - 1] - source->ids], source->paths[sorted[i] - source->ids],
                           sorted[i]->number[CB_HTM7]);
    return true;
}

/* Pointers into the arrays, which grow no more. */
static void point(struct auxiliary_source *source)
{
    source->puts = cb_xalloc_array(source->n + 1, sizeof *source->puts);
    for (size_t i = 0; i < source->n; i++)
        source->puts[i] = (struct cb_put){ .data_id = &source->ids[i], .file = source->paths[i] };
}

/* ---- tables ---- */

/* The folder that names in a table are relative to, absolute. */
static bool find_base(const char *table, const char *prefix, char ret_base[PATH_MAX], struct cb_error *err)
{
    cb_auto(cb_free) char *folder = cb_xstrdup(prefix != NULL ? prefix : table);
    char *slash = strrchr(folder, '/');
    if (prefix == NULL && slash != NULL)
        slash[slash == folder] = '\0';
    if (realpath(prefix == NULL && slash == NULL ? "." : folder, ret_base) == NULL)
        return cb_fail(err, CB_ERR_NOT_FOUND, "no folder \"%s\"", folder);
    return true;
}

static bool read_table(const char *path, const char *prefix, struct auxiliary_source *source,
                       struct cb_error *err)
{
    char base[PATH_MAX];
    cb_auto(cb_table_free) struct cb_table *table = NULL;
    if (!cb_ecsv_read(path, &table, err) || !find_base(path, prefix, base, err))
        return false;
    const struct cb_table_column *name = cb_table_find(table, "filename"),
                                 *htm7 = cb_table_find(table, "htm7");
    if (name == NULL || name->kind != CB_TABLE_TEXT || htm7 == NULL || htm7->kind != CB_TABLE_INT ||
        htm7->is_array)
        return cb_fail(err, CB_ERR_INVALID,
                       "\"%s\" is no table of a reference catalogue: it needs the columns filename (string) "
                       "and htm7 (int64)",
                       path);
    for (size_t i = 0; i < table->rows; i++) {
        const char *file = name->texts[i];
        if (!add_pixel(source, file[0] == '/' ? cb_xstrdup(file) : cb_xasprintf("%s/%s", base, file),
                       htm7->ints[i], err))
            return false;
    }
    return true;
}

/* ---- folders ---- */

/* 147175 of "147175.fits"; -1: the name is another. */
static int64_t number_of(const char *name)
{
    int64_t number;
    return cb_scan_digits(&name, 1, 9, &number) && strcmp(name, ".fits") == 0 ? number : -1;
}

static int is_pixel_file(const struct dirent *entry)
{
    return number_of(entry->d_name) >= 0;
}

static bool read_folder(const char *place, struct auxiliary_source *source, struct cb_error *err)
{
    char base[PATH_MAX];
    struct dirent **entries = NULL;
    if (realpath(place, base) == NULL)
        return cb_fail(err, CB_ERR_NOT_FOUND, "no folder \"%s\"", place);
    int n = scandir(base, &entries, is_pixel_file, alphasort);
    bool ok = n >= 0 || cb_fail(err, CB_ERR_TRANSIENT, "cannot read folder \"%s\": %m", base);
    for (int i = 0; i < n; i++) {
        ok = ok && add_pixel(source, cb_xasprintf("%s/%s", base, entries[i]->d_name),
                             number_of(entries[i]->d_name), err);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

/* ---- what is asked for ---- */

static char *absolute(const char *place)
{
    char base[PATH_MAX];
    if (place[0] == '/' || getcwd(base, sizeof base) == NULL)
        return cb_xstrdup(place);
    return cb_xasprintf("%s/%s", base, place);
}

bool auxiliary_source_refcat(const char *place, const char *prefix, struct auxiliary_source *ret_source,
                             struct cb_error *err)
{
    auto_auxiliary_source struct auxiliary_source source = { 0 };
    cb_auto(cb_free) char *table = cb_xasprintf("%s/" TABLE, place);
    bool in_folder = is_folder(place), has_table = !in_folder || access(table, F_OK) == 0;
    if (!(has_table ? read_table(in_folder ? table : place, prefix, &source, err)
                    : read_folder(place, &source, err)))
        return false;
    if (source.n == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND,
                       "\"%s\" has no files of a reference catalogue: neither " TABLE " nor <htm7>.fits",
                       place);
    if (!check_once(&source, err))
        return false;
    point(&source);
    *ret_source = source;
    source = (struct auxiliary_source){ 0 };
    return true;
}

bool auxiliary_source_file(const char *place, const char *magic, const char *what,
                           struct auxiliary_source *ret_source, struct cb_error *err)
{
    auto_auxiliary_source struct auxiliary_source source = { 0 };
    char *path = realpath(place, NULL);
    if (path == NULL) /* not there; moved by a registration before, perhaps: putting it tells */
        path = absolute(place);
    (void)add(&source, path);
    if (is_folder(path))
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is a folder, no %s", path, what);
    if (!check_magic(path, magic, what, err))
        return false;
    point(&source);
    *ret_source = source;
    source = (struct auxiliary_source){ 0 };
    return true;
}

char *auxiliary_source_folder(const struct auxiliary_source *source)
{
    size_t length = 0;
    for (size_t i = 0; i < source->n; i++) {
        const char *slash = strrchr(source->paths[i], '/');
        size_t here = (size_t)(slash - source->paths[i]);
        if (i > 0 && (here != length || memcmp(source->paths[0], source->paths[i], here) != 0))
            return NULL;
        length = here;
    }
    size_t start = length;
    while (start > 0 && source->paths[0][start - 1] != '/')
        start--;
    return cb_xstrndup(source->paths[0] + start, length - start);
}
