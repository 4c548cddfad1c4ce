/* One find-first look-up, its search path resolved in the same statement: a round trip in all. The dataset
 * type is remembered by the repository's handle; the statement says whether the memory still holds. */
#include "butler/look_up.h"

#include "base/alloc.h"
#include "butler/find_sql.h"
#include "butler/rows.h"

#include <stdlib.h>
#include <string.h>

struct cb_look_up {
    struct cb_look_up *next;
    struct cb_dataset_type type;
    struct cb_bytes sql;
};

static void look_up_free(struct cb_look_up *look_up)
{
    cb_dataset_type_done(&look_up->type);
    cb_bytes_done(&look_up->sql);
    free(look_up);
}

void cb_look_ups_free(struct cb_look_up *look_ups)
{
    while (look_ups != NULL) {
        struct cb_look_up *next = look_ups->next;
        look_up_free(look_ups);
        look_ups = next;
    }
}

/* $3 names of the collections, $4 name of the type. The order is that of sql/flatten_collections.sql; what
 * the walk meets twice stays twice, since the lowest place wins. Only chains are walked over, and of their
 * members those are taken that have held the type. */
static void put_path(struct cb_bytes *sql, const char *schema)
{
    cb_bytes_printf(
        sql,
        "WITH RECURSIVE walk (id, place, chains) AS ("
        "SELECT c.collection_id, ARRAY[n.n::int], ARRAY[c.collection_id]"
        " FROM unnest($3::text[]) WITH ORDINALITY n (name, n) JOIN %scollection c ON c.name = n.name"
        " UNION ALL SELECT ch.child, w.place || ch.position::int, w.chains || ch.child"
        " FROM walk w JOIN %scollection_chain ch ON ch.parent = w.id"
        " WHERE ch.child IN (SELECT parent FROM %scollection_chain) AND NOT ch.child = ANY (w.chains)), ",
        schema, schema, schema);
    cb_bytes_printf(
        sql,
        "path AS (SELECT w.id, c.type = %d AS certified, w.place FROM walk w"
        " JOIN %scollection_summary_dataset_type s ON s.collection_id = w.id AND s.dataset_type_id = $1"
        " JOIN %scollection c ON c.collection_id = w.id"
        " UNION ALL SELECT ch.child, c.type = %d, w.place || ch.position::int"
        " FROM walk w JOIN %scollection_chain ch ON ch.parent = w.id"
        " JOIN %scollection_summary_dataset_type s ON s.collection_id = ch.child AND s.dataset_type_id = $1"
        " JOIN %scollection c ON c.collection_id = ch.child) ",
        CB_COLLECTION_CALIBRATION, schema, schema, CB_COLLECTION_CALIBRATION, schema, schema, schema);
}

/* The first column tells whether type and collections are there; then what cb_put_find has, NULL for no
 * match. */
static void put_look_up(struct cb_bytes *sql, const struct cb_dataset_type *type, const char *schema)
{
    put_path(sql, schema);
    cb_bytes_printf(
        sql,
        "SELECT k.known, q.* FROM (SELECT"
        " EXISTS (SELECT FROM %sdataset_type WHERE id = $1 AND name = $4) AND cardinality($3::text[])"
        " = (SELECT count(*) FROM walk WHERE cardinality(place) = 1) AS known) k LEFT JOIN (",
        schema);
    cb_put_find(sql, type, schema, &(const struct cb_find_form){ "path x", true, true, false });
    cb_bytes_puts(sql, ") q ON true");
}

static bool remember(struct cb_repo *repo, const char *type, struct cb_error *err)
{
    struct cb_dataset_type found = { 0 };
    if (!cb_dataset_type_find(repo, type, &found, err))
        return false;
    struct cb_look_up *new = cb_xalloc(sizeof *new);
    *new = (struct cb_look_up){ .next = repo->look_ups, .type = found, .sql = CB_BYTES(CB_SQL_MAX) };
    cb_auto(cb_free) char *quoted = cb_db_quote_identifier(repo->db, repo->schema);
    cb_auto(cb_free) char *schema = cb_xasprintf("%s.", quoted);
    put_look_up(&new->sql, &found, schema);
    repo->look_ups = new;
    return true;
}

static void forget(struct cb_repo *repo, struct cb_look_up *gone)
{
    struct cb_look_up **at = &repo->look_ups;
    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    look_up_free(gone);
}

static struct cb_look_up *find_remembered(const struct cb_repo *repo, const char *type)
{
    struct cb_look_up *at = repo->look_ups;
    while (at != NULL && strcmp(at->type.name, type) != 0)
        at = at->next;
    return at;
}

/* The question as parameters; false where the data ID does not go with what is remembered of the type. */
static bool put_question(const struct cb_look_up *look_up, const struct cb_data_id *data_id,
                         const struct cb_timespan *timespan, const char *names, struct cb_find_values *values,
                         struct cb_param params[CB_FIND_MAX_PARAMS], size_t *ret_n)
{
    if (!cb_find_params(&look_up->type, data_id, timespan, values, params, ret_n, NULL))
        return false;
    params[CB_FIND_PATH_PARAM - 1] = cb_p_text(names);
    params[CB_FIND_PATH_PARAM] = cb_p_text(look_up->type.name);
    return true;
}

/* By steps: takes globs, and says what is not there. */
static bool find_by_steps(struct cb_repo *repo, const char *type, const struct cb_data_id *data_id,
                          const char *const *collections, size_t count, const struct cb_timespan *timespan,
                          struct cb_dataset_list *ret_found, struct cb_error *err)
{
    cb_auto(cb_finder_close) struct cb_finder *finder = NULL;
    return cb_finder_open(repo, type, collections, count, &finder, err) &&
           cb_finder_find(finder, data_id, timespan, ret_found, err);
}

static bool has_globs(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cb_is_glob(names[i]))
            return true;
    return false;
}

/* Ask in one statement. ret_known: what is remembered of the type holds, and the collections are there. */
static bool find_at_once(struct cb_repo *repo, const struct cb_look_up *look_up,
                         const struct cb_data_id *data_id, const char *const *collections, size_t count,
                         const struct cb_timespan *timespan, bool *ret_known,
                         struct cb_dataset_list *ret_found, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto_bytes struct cb_bytes names = CB_BYTES(CB_ARRAY_MAX);
    struct cb_find_values values;
    struct cb_param params[CB_FIND_MAX_PARAMS];
    size_t n = 0;
    *ret_known = put_question(look_up, data_id, timespan, cb_text_array(&names, collections, count), &values,
                              params, &n);
    if (!*ret_known)
        return true;
    if (!cb_db_run(repo->db, cb_bytes_text(&look_up->sql), params, n, &rows, err))
        return false;
    *ret_known = cb_rows_bool(rows, 0, 0);
    *ret_found = (struct cb_dataset_list){ 0 };
    return !*ret_known || cb_rows_is_null(rows, 0, 1) ||
           cb_find_take(rows, 1, &look_up->type, &data_id, ret_found, err);
}

bool cb_dataset_find(struct cb_repo *repo, const char *type, const struct cb_data_id *data_id,
                     const char *const *collections, size_t count, const struct cb_timespan *timespan,
                     struct cb_dataset_list *ret_found, struct cb_error *err)
{
    bool known = false;
    if (has_globs(collections, count) || !cb_db_is_alive(repo->db))
        return find_by_steps(repo, type, data_id, collections, count, timespan, ret_found, err);
    if (find_remembered(repo, type) == NULL && !remember(repo, type, err))
        return false;
    struct cb_look_up *look_up = find_remembered(repo, type);
    if (!find_at_once(repo, look_up, data_id, collections, count, timespan, &known, ret_found, err))
        return false;
    if (known)
        return true;
    forget(repo, look_up);
    return find_by_steps(repo, type, data_id, collections, count, timespan, ret_found, err);
}
