/* cpv_report.py: the drop-in that builds the HTML report of verify and generation collections from a
 * repository. */
#include "butler_cli.h"
#include "commands.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "butler/collections.h"
#include "io/file.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define PAGE_MAX (64u << 20)
enum { TYPE, RUN, ID, PATH, STORAGE_CLASS };

static const struct butler_option options[] = {
    { "repository", 'r', BUTLER_TEXT, "Butler repository to pull results from." },
    { "output_path", 'O', BUTLER_TEXT, "Output path to write the report to." },
    { "collections", 'c', BUTLER_LIST, "Collections to search for results, verify runs first." },
    { "no_copy", 0, BUTLER_FLAG, "Link to the repository's files instead of copying them." },
    { "do_overwrite", 0, BUTLER_FLAG, "Overwrite existing files." },
    { "help", 'h', BUTLER_FLAG, "Show this message and exit." },
    { .name = NULL },
};

static const char *const stages[] = { "bias", "dark", "flat", "defects", "ptc" };
enum { STAGES = sizeof stages / sizeof *stages };

/* The report to be. */
struct site {
    struct cb_repo *repo;
    const char *folder;
    bool copy, overwrite;
    struct cb_rows *rows;
};

static void escape(struct cb_bytes *out, const char *text)
{
    for (const char *p = text == NULL ? "" : text; *p != '\0'; p++)
        if (*p == '<')
            cb_bytes_puts(out, "&lt;");
        else if (*p == '&')
            cb_bytes_puts(out, "&amp;");
        else if (*p == '"')
            cb_bytes_puts(out, "&quot;");
        else
            cb_bytes_add(out, p, 1);
}

static void begin_page(struct cb_bytes *out, const char *title)
{
    cb_bytes_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>");
    escape(out, title);
    cb_bytes_puts(out, "</title></head>\n<body>\n<h1>");
    escape(out, title);
    cb_bytes_puts(out, "</h1>\n");
}

static bool end_page(const struct site *site, const char *name, struct cb_bytes *out, struct cb_error *err)
{
    cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", site->folder, name);
    cb_bytes_puts(out, "</body>\n</html>\n");
    if (!cb_bytes_ok(out))
        return cb_fail(err, CB_ERR_INVALID, "page \"%s\" is longer than %u bytes", path, PAGE_MAX);
    return cb_file_make_parents(path, err) && cb_file_replace(path, cb_bytes_text(out), out->size, err);
}

/* "verifyBiasStats" belongs to bias, "bias" too. */
static bool is_of_stage(const char *type, const char *stage)
{
    const char *name = strncmp(type, "verify", 6) == 0 ? type + 6 : type;
    return strncasecmp(name, stage, strlen(stage)) == 0;
}

static bool is_by(const char *type, const char *level)
{
    return strstr(type, level) != NULL;
}

static char *link_of(const struct site *site, size_t i)
{
    const char *path = cb_rows_text(site->rows, i, PATH);
    return path == NULL ? NULL
           : site->copy ? cb_xasprintf("src/%s", path)
                        : cb_xasprintf("%s/%s", site->repo->root, path);
}

static void add_row(const struct site *site, size_t i, struct cb_bytes *out)
{
    cb_auto(cb_free) char *link = link_of(site, i);
    cb_bytes_puts(out, "<tr><td>");
    escape(out, cb_rows_text(site->rows, i, TYPE));
    cb_bytes_puts(out, "</td><td><a href=\"");
    escape(out, link);
    cb_bytes_puts(out, "\">");
    escape(out, cb_rows_text(site->rows, i, ID));
    cb_bytes_puts(out, "</a></td><td>");
    escape(out, cb_rows_text(site->rows, i, STORAGE_CLASS));
    cb_bytes_puts(out, "</td><td>");
    escape(out, cb_rows_text(site->rows, i, RUN));
    cb_bytes_puts(out, "</td></tr>\n");
}

enum level { LEVEL_RUN, LEVEL_EXPOSURE, LEVEL_DETECTOR, LEVEL_ALL };

static enum level level_of(const char *type)
{
    return is_by(type, "ExpStats")                            ? LEVEL_EXPOSURE
           : is_by(type, "DetStats") || is_by(type, "IsrExp") ? LEVEL_DETECTOR
                                                              : LEVEL_RUN;
}

/* A table of what belongs to a stage (NULL: all) at a level. Returns how many there are. */
static size_t add_table(const struct site *site, const char *stage, enum level level, struct cb_bytes *out)
{
    size_t count = 0;
    cb_bytes_puts(
        out, "<table "
             "border=\"1\">\n<tr><th>type</th><th>ref</th><th>storage_class</th><th>collection</th></tr>\n");
    for (size_t i = 0; i < cb_rows_count(site->rows); i++) {
        const char *type = cb_rows_text(site->rows, i, TYPE);
        if ((stage != NULL && !is_of_stage(type, stage)) || (level != LEVEL_ALL && level_of(type) != level))
            continue;
        add_row(site, i, out);
        count++;
    }
    cb_bytes_puts(out, "</table>\n");
    return count;
}

static bool write_stage(const struct site *site, const char *stage, const char *what, enum level level,
                        struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes page = CB_BYTES(PAGE_MAX);
    cb_auto(cb_free) char *name = cb_xasprintf("%s_%s.html", stage, what);
    begin_page(&page, name);
    (void)add_table(site, stage, level, &page);
    return end_page(site, name, &page, err);
}

static bool write_pages(const struct site *site, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes index = CB_BYTES(PAGE_MAX), navigation = CB_BYTES(PAGE_MAX),
                                  manifest = CB_BYTES(PAGE_MAX);
    begin_page(&index, "Calibration verification report");
    begin_page(&navigation, "Navigation");
    begin_page(&manifest, "Manifest");
    cb_bytes_puts(&index, "<iframe src=\"navigation.html\" title=\"navigation\"></iframe>\n");
    cb_bytes_puts(
        &navigation,
        "<table><tr><td><a href=\"./..\">Parent</a></td><td><a href=\"manifest.html\">Manifest</a></td>");
    for (size_t i = 0; i < STAGES; i++) {
        cb_bytes_printf(&navigation, "<td><a href=\"index.html#%s\">%s</a></td>", stages[i], stages[i]);
        cb_bytes_printf(&index,
                        "<h1 id=\"%s\">%s</h1>\n<p><a href=\"%s_exp.html\">%s exposures</a> "
                        "<a href=\"%s_det.html\">%s detectors</a></p>\n",
                        stages[i], stages[i], stages[i], stages[i], stages[i], stages[i]);
        (void)add_table(site, stages[i], LEVEL_RUN, &index);
        if (!write_stage(site, stages[i], "exp", LEVEL_EXPOSURE, err) ||
            !write_stage(site, stages[i], "det", LEVEL_DETECTOR, err))
            return false;
    }
    cb_bytes_puts(&navigation, "</tr></table>\n");
    (void)add_table(site, NULL, LEVEL_ALL, &manifest);
    return end_page(site, "index.html", &index, err) && end_page(site, "navigation.html", &navigation, err) &&
           end_page(site, "manifest.html", &manifest, err);
}

static bool copy_files(const struct site *site, struct cb_error *err)
{
    for (size_t i = 0; site->copy && i < cb_rows_count(site->rows); i++) {
        const char *path = cb_rows_text(site->rows, i, PATH);
        if (path == NULL || strstr(path, "://") != NULL)
            continue;
        cb_auto(cb_free) char *source = cb_xasprintf("%s/%s", site->repo->root, path);
        cb_auto(cb_free) char *target = cb_xasprintf("%s/src/%s", site->folder, path);
        if (!site->overwrite && access(target, F_OK) == 0)
            continue;
        if (!cb_file_make_parents(target, err) || !cb_file_copy(source, target, CB_FILE_SYNC_NOW, NULL, err))
            return false;
    }
    return true;
}

/* RUNs of the collections in search order, newline separated. */
static bool find_runs(struct cb_repo *repo, const struct butler_list *names, struct cb_bytes *out,
                      struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list list = { 0 };
    if (!cb_collection_flatten(repo, (const char *const *)names->item, names->count, false, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (list.item[i].type == CB_COLLECTION_RUN)
            cb_bytes_printf(out, "%s%s", out->size > 0 ? "\n" : "", list.item[i].name);
    return true;
}

static bool report(const struct butler_args *args, struct cb_error *err)
{
    const char *repository = butler_text(args, "repository", NULL),
               *folder = butler_text(args, "output_path", NULL);
    auto_list names = butler_list_of(args, "collections");
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto_bytes struct cb_bytes runs = CB_BYTES(1 << 20);
    if (repository == NULL || folder == NULL || names.count == 0)
        return cb_fail(err, CB_ERR_INVALID, "-r REPO, -O OUTDIR and at least one -c COLLECTION are needed");
    if (!butler_open(repository, &repo, err) || !find_runs(repo, &names, &runs, err))
        return false;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_repo_read(repo, &tx, err) ||
        !cb_db_run(repo->db, sql_list_report_datasets, CB_P(cb_p_text(cb_bytes_text(&runs))), &rows, err))
        return false;
    const struct site site = { repo, folder, !butler_flag(args, "no_copy"), butler_flag(args, "do_overwrite"),
                               rows };
    return copy_files(&site, err) && write_pages(&site, err);
}

int cpv_report_main(int argc, char **argv)
{
    struct butler_args args = { 0 };
    struct cb_error err = { 0 };
    if (!butler_args_parse(options, argc - 1, argv + 1, &args, &err)) {
        fprintf(stderr, "cpv_report.py: error: %s\n", err.text);
        return 2;
    }
    if (butler_flag(&args, "help")) {
        puts("usage: cpv_report.py [-h] -r REPOSITORY -O OUTPUT_PATH [-c COLLECTIONS] [--no_copy] "
             "[--do_overwrite]");
        butler_args_done(&args);
        return 0;
    }
    bool done = report(&args, &err);
    butler_args_done(&args);
    if (!done)
        fprintf(stderr, "cpv_report.py: error: %s\n", err.text);
    return done ? 0 : err.kind == CB_ERR_INVALID ? 2 : 1;
}
