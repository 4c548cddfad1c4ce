/* Storage elements. */
#include "rses.h"

#include "base/alloc.h"
#include "base/json.h"
#include "butler/rows.h"
#include "domain/rse_expression.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

void rse_names_done(struct rse_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->name[i]);
    names->count = 0;
}

static void write_attributes(const char *site, struct cb_bytes *out)
{
    struct cb_json json = CB_JSON(out);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "site", site);
    cb_json_str(&json, "type", "DATADISK");
    cb_json_str(&json, "tier", strcmp(site, "usdf") == 0 ? "1" : "2");
    cb_json_bool(&json, "verify_checksum", true);
    cb_json_close(&json);
}

bool sync_rses(const struct distributor *me, struct cb_db *db, struct cb_error *err)
{
    for (size_t i = 0; i < CB_SITES; i++) {
        const struct cb_site *site = &me->config.sites.site[i];
        cb_auto_bytes struct cb_bytes attributes = CB_BYTES(4096);
        write_attributes(cb_site_names[i], &attributes);
        if (!cb_db_run(db, site->enabled ? sql_store_rse : sql_close_rse,
                       CB_P(cb_p_text(site->rse), cb_p_text(cb_site_names[i]), cb_p_text(site->rse_folder),
                            cb_p_text(cb_bytes_text(&attributes))),
                       NULL, err))
            return cb_context(err, "storage element %s of site %s", site->rse, cb_site_names[i]);
    }
    return true;
}

/* A repository is called like its camera; the simulator of a camera goes with it. */
static bool is_for(const char *repository, const char *instrument)
{
    size_t length = strlen(repository);
    return length > 0 && strncmp(instrument, repository, length) == 0 &&
           (instrument[length] == '\0' || strcmp(instrument + length, "Sim") == 0);
}

char *site_repository_of(const struct cb_site *site, const char *instrument)
{
    for (int i = 0;; i++) {
        char *label = cb_site_repository(site, i);
        if (label == NULL)
            return NULL;
        const char *slash = strrchr(label, '/');
        if (slash != NULL && is_for(slash + 1, instrument))
            return label;
        free(label);
    }
}

char *default_expression(const struct cb_sites *sites, const char *instrument)
{
    char *expression = cb_xstrdup("");
    for (size_t i = 0; i < CB_SITES; i++) {
        const struct cb_site *site = &sites->site[i];
        cb_auto(cb_free) char *repository = site->enabled ? site_repository_of(site, instrument) : NULL;
        if (repository == NULL && !(i == 0 && site->enabled))
            continue;
        char *longer = cb_xasprintf("%s%s%s", expression, expression[0] == '\0' ? "" : "|", site->rse);
        free(expression);
        expression = longer;
    }
    return expression;
}

/* Storage elements as the evaluator wants them. Attributes are ordered by element. */
struct catalogue {
    struct cb_rows *elements, *attributes;
    struct cb_rse *rse;
    struct cb_rse_attribute *attribute;
};

static void catalogue_done(struct catalogue *catalogue)
{
    cb_rows_free(catalogue->elements);
    cb_rows_free(catalogue->attributes);
    free(catalogue->rse);
    free(catalogue->attribute);
}

static bool read_catalogue(struct cb_db *db, struct catalogue *catalogue, struct cb_error *err)
{
    if (!cb_db_run(db, sql_list_rses, CB_P0, &catalogue->elements, err) ||
        !cb_db_run(db, sql_list_rse_attributes, CB_P0, &catalogue->attributes, err))
        return false;
    size_t n = cb_rows_count(catalogue->elements), m = cb_rows_count(catalogue->attributes), at = 0;
    catalogue->rse = cb_xalloc_array(n + 1, sizeof *catalogue->rse);
    catalogue->attribute = cb_xalloc_array(m + 1, sizeof *catalogue->attribute);
    for (size_t i = 0; i < m; i++)
        catalogue->attribute[i] =
            (struct cb_rse_attribute){ .key = cb_rows_text(catalogue->attributes, i, 1),
                                       .value = cb_rows_text(catalogue->attributes, i, 2),
                                       .is_bool = cb_rows_bool(catalogue->attributes, i, 3) };
    for (size_t i = 0; i < n; i++) {
        struct cb_rse *rse = &catalogue->rse[i];
        rse->name = cb_rows_text(catalogue->elements, i, 0);
        rse->writable = cb_rows_bool(catalogue->elements, i, 1);
        rse->attributes = &catalogue->attribute[at];
        while (at < m && strcmp(cb_rows_text(catalogue->attributes, at, 0), rse->name) == 0) {
            at++;
            rse->n_attributes++;
        }
    }
    return true;
}

bool find_rses(struct cb_db *db, const char *expression, struct rse_names *ret_names, struct cb_error *err)
{
    struct catalogue catalogue __attribute__((cleanup(catalogue_done))) = { 0 };
    bool member[RSES_MOST] = { false };
    if (!read_catalogue(db, &catalogue, err))
        return false;
    size_t n = cb_rows_count(catalogue.elements);
    if (n > RSES_MOST)
        return cb_fail(err, CB_ERR_FATAL, "there are %zu storage elements, more than %d", n, RSES_MOST);
    if (!cb_rse_expression_evaluate(expression, catalogue.rse, n, true, member, err))
        return cb_context(err, "RSE expression \"%s\"", expression);
    ret_names->count = 0;
    for (size_t i = 0; i < n; i++)
        if (member[i])
            ret_names->name[ret_names->count++] = cb_xstrdup(catalogue.rse[i].name);
    return true;
}

char *rse_array(const struct rse_names *names)
{
    struct cb_bytes array = CB_BYTES(CB_ARRAY_MAX);
    cb_array_begin(&array);
    for (size_t i = 0; i < names->count; i++)
        cb_array_text(&array, names->name[i]);
    cb_array_end(&array);
    return cb_bytes_steal(&array);
}

bool rse_path(struct cb_db *db, const char *rse, const char *scope, const char *name, char **ret_path,
              struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_rse_folder, CB_P(cb_p_text(rse)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "there is no storage element %s", rse);
    *ret_path = cb_xasprintf("%s/%s/%s", cb_rows_text(rows, 0, 0), scope, name);
    return true;
}
