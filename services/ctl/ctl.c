/* What every command is given. */
#include "ctl.h"

#include "cluster.h"
#include "sites_setup.h"

#include "base/alloc.h"
#include "butler/repository.h"
#include "service/config.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool ctl_refuse(struct ctl *ctl, enum ctl_exit status, struct cb_error *err, const char *fmt, ...)
{
    char text[CB_ERROR_TEXT_SIZE];
    va_list list;
    va_start(list, fmt);
    vsnprintf(text, sizeof text, fmt, list);
    va_end(list);
    ctl->exit = status;
    return cb_fail(err, CB_ERR_INVALID, "%s", text);
}

bool ctl_hint(struct ctl *ctl, const char *fmt, ...)
{
    va_list list;
    va_start(list, fmt);
    vsnprintf(ctl->hint, sizeof ctl->hint, fmt, list);
    va_end(list);
    return false;
}

void ctl_say(const struct ctl *ctl, const char *fmt, ...)
{
    if (ctl_args_has(&ctl->args, "quiet"))
        return;
    va_list list;
    va_start(list, fmt);
    vfprintf(stderr, fmt, list);
    va_end(list);
    fputc('\n', stderr);
}

const char *ctl_word(const struct ctl *ctl, size_t i)
{
    return i < ctl->args.n_words ? ctl->args.words[i] : NULL;
}

static const char *environment(const struct ctl *ctl, const char *name)
{
    size_t length = strlen(name);
    for (const char *const *line = ctl->environment; *line != NULL; line++)
        if (strncmp(*line, name, length) == 0 && (*line)[length] == '=')
            return *line + length + 1;
    return NULL;
}

bool ctl_wants_colour(const struct ctl *ctl, FILE *stream)
{
    const char *when = ctl_args_text(&ctl->args, "color", "auto");
    const char *no = environment(ctl, "NO_COLOR"), *force = environment(ctl, "FORCE_COLOR");
    const char *term = environment(ctl, "TERM");
    if (ctl_args_has(&ctl->args, "no-color") || strcmp(when, "never") == 0)
        return false;
    if (strcmp(when, "always") == 0 || (force != NULL && *force != '\0'))
        return true;
    return isatty(fileno(stream)) && (no == NULL || *no == '\0') &&
           (term == NULL || strcmp(term, "dumb") != 0);
}

bool ctl_print(struct ctl *ctl, const struct ctl_table *table, struct cb_error *err)
{
    bool printed = ctl_table_print(table, &ctl->args, ctl_wants_colour(ctl, ctl->out), ctl->out, err);
    if (!printed)
        ctl->exit = CTL_USAGE;
    return printed;
}

bool ctl_print_one(struct ctl *ctl, const char *key, const char *value, struct cb_error *err)
{
    if (!ctl_args_has(&ctl->args, "json")) {
        fprintf(ctl->out, "%s\n", value);
        return true;
    }
    const struct ctl_column columns[] = { { key, NULL, CTL_COL_TEXT }, { .key = NULL } };
    cb_auto(cb_free) char *schema = cb_xasprintf("calbus.%s%s%s.v1", ctl->noun, ctl->verb != NULL ? "." : "",
                                                 ctl->verb != NULL ? ctl->verb : "");
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new(schema, columns);
    ctl_table_add(table, &value);
    return ctl_print(ctl, table, err);
}

/* ---- settings ---- */

enum { MOST_OVERRIDES = 64 };

/* Where settings come from; the texts it points to. */
struct origins {
    char *flags[MOST_OVERRIDES + 1];
    char *own;
    const char *files[3];
    struct cb_settings_sources sources;
};

static void find_origins(const struct ctl *ctl, struct origins *ret)
{
    size_t n = 0;
    const char *broker = ctl_args_text(&ctl->args, "broker", NULL);
    if (broker != NULL)
        ret->flags[n++] = cb_xasprintf("suite.broker=%s", broker);
    for (size_t i = 0; n < MOST_OVERRIDES && (ret->flags[n] = ctl_args_item(&ctl->args, "set", i)) != NULL;
         i++)
        n++;
    ret->own = ctl_home_path(&ctl->layout, "calbus.conf");
    ret->files[0] = "/etc/calbus/calbus.conf";
    ret->files[1] = ctl_args_text(&ctl->args, "config", ret->own);
    ret->sources = (struct cb_settings_sources){
        .home = ctl->layout.home,
        .environment = ctl->environment,
        .flags = (const char *const *)ret->flags,
        .files = ret->files,
        .others = cb_sections_of_others,
    };
}

static void forget_origins(struct origins *origins)
{
    for (size_t i = 0; i < MOST_OVERRIDES; i++)
        free(origins->flags[i]);
    free(origins->own);
}

static bool load(struct ctl *ctl, struct cb_error *err)
{
    struct origins origins = { 0 };
    const struct cb_setting *tables[CTL_SETTING_TABLES + 1];
    void *targets[CTL_SETTING_TABLES + 1];
    ctl_setting_tables(&ctl->settings, tables, targets);
    find_origins(ctl, &origins);
    bool loaded = cb_settings_load(tables, targets, &origins.sources, err);
    forget_origins(&origins);
    return loaded;
}

bool ctl_settings_tell(struct ctl *ctl, cb_setting_teller *tell, void *self, struct cb_error *err)
{
    struct origins origins = { 0 };
    const struct cb_setting *tables[CTL_SETTING_TABLES + 1];
    void *targets[CTL_SETTING_TABLES + 1];
    ctl_setting_tables(&ctl->settings, tables, targets);
    find_origins(ctl, &origins);
    bool told = cb_settings_tell(tables, &origins.sources, tell, self, err);
    forget_origins(&origins);
    if (!told)
        ctl->exit = CTL_BAD_CONFIG;
    return told;
}

void ctl_settings_done(struct ctl *ctl)
{
    const struct cb_setting *tables[CTL_SETTING_TABLES + 1];
    void *targets[CTL_SETTING_TABLES + 1];
    if (!ctl->has_settings)
        return;
    ctl_setting_tables(&ctl->settings, tables, targets);
    for (int i = 0; i < CTL_SETTING_TABLES; i++)
        cb_settings_done(tables[i], targets[i]);
    ctl->has_settings = false;
}

bool ctl_settings_of(struct ctl *ctl, const struct ctl_settings **ret_settings, struct cb_error *err)
{
    if (!ctl->has_settings && !load(ctl, err)) {
        ctl->exit = CTL_BAD_CONFIG;
        ctl_hint(ctl, "Run calbus config check after mending it.");
        return false;
    }
    ctl->has_settings = true;
    *ret_settings = &ctl->settings;
    return true;
}

/* ---- database ---- */

bool ctl_db_of(struct ctl *ctl, struct cb_db **ret_db, struct cb_error *err)
{
    const struct ctl_settings *settings = NULL;
    if (!ctl_settings_of(ctl, &settings, err))
        return false;
    if (ctl->db == NULL) {
        cb_auto(cb_free) char *uri = ctl_cluster_uri(&ctl->layout, settings->common.db_uri);
        if (uri == NULL) {
            ctl_hint(ctl, "Start the suite with calbus up.");
            return ctl_refuse(ctl, CTL_UNAVAILABLE, err, "there is no database under \"%s\" yet",
                              ctl->layout.home);
        }
        if (!cb_db_open(uri, "calbus", &ctl->db, err)) {
            ctl->exit = CTL_UNAVAILABLE;
            return ctl_hint(ctl, "Start the suite with calbus up.");
        }
    }
    *ret_db = ctl->db;
    return true;
}

/* Services have another working folder than the person. */
const char *ctl_repository(struct ctl *ctl)
{
    const char *given = ctl_args_text(&ctl->args, "repo", "/repo/main");
    struct cb_repo_index index = { 0 };
    char real[PATH_MAX];
    cb_auto(cb_free) char *path = ctl_repository_index(&ctl->layout);
    const char *label = cb_repo_index_read(path, &index, NULL) ? cb_repo_index_label(&index, given) : NULL;
    if (label == NULL && realpath(given, real) != NULL)
        label = real;
    snprintf(ctl->repository, sizeof ctl->repository, "%s", label != NULL ? label : given);
    cb_repo_index_done(&index);
    return ctl->repository;
}

bool ctl_print_query(struct ctl *ctl, const char *schema, const struct ctl_column *columns, const char *sql,
                     const struct cb_param *params, size_t n, struct cb_error *err)
{
    struct cb_db *db = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!ctl_db_of(ctl, &db, err) || !cb_db_run(db, sql, params, n, &rows, err))
        return false;
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new(schema, columns);
    size_t width = cb_rows_columns(rows);
    const char **cells = cb_xalloc_array(width, sizeof *cells);
    for (size_t r = 0; r < cb_rows_count(rows); r++) {
        for (size_t c = 0; c < width; c++)
            cells[c] = cb_rows_text(rows, r, c);
        ctl_table_add(table, cells);
    }
    free(cells);
    return ctl_print(ctl, table, err);
}
