/* One find-first look-up in one round trip. The repository's handle remembers the dataset type and the search
 * path; the statement that looks up says whether what was remembered still holds, and what does not is
 * forgotten: somebody else may change a chain at any time. */
#include "butler/look_up.h"

#include "base/alloc.h"
#include "butler/find_sql.h"
#include "butler/rows.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

enum { REMEMBERED_MAX = 64 };

/* Columns of sql/resolve_path.sql, arrays first. */
enum {
    ROOTS,
    PATH,
    CERTIFIED,
    NAMES,
    CHAINS,
    PARENTS,
    CHILDREN,
    OTHERS,
    N_ARRAYS,
    ALL_THERE = N_ARRAYS,
    HAS_TAGS,
    HAS_CERTIFICATIONS
};

/* What the statement checks, in the order of its parameters behind those of cb_put_find; the type's name goes
 * before. */
static const int checked[] = { ROOTS, CHAINS, PARENTS, CHILDREN, OTHERS };
enum { N_CHECKED = sizeof checked / sizeof checked[0], MAX_PARAMS = CB_FIND_MAX_PARAMS + N_CHECKED + 2 };

struct cb_look_up {
    struct cb_look_up *next;
    struct cb_dataset_type type;
    char *collections; /* as an array */
    char *array[N_ARRAYS];
    struct cb_bytes sql;
};

static void look_up_free(struct cb_look_up *look_up)
{
    if (look_up == NULL)
        return;
    cb_dataset_type_done(&look_up->type);
    free(look_up->collections);
    for (int i = 0; i < N_ARRAYS; i++)
        free(look_up->array[i]);
    cb_bytes_done(&look_up->sql);
    free(look_up);
}
CB_DEFINE_CLEANUP(struct cb_look_up *, look_up_free)

void cb_look_ups_free(struct cb_look_up *look_ups)
{
    while (look_ups != NULL) {
        struct cb_look_up *next = look_ups->next;
        look_up_free(look_ups);
        look_ups = next;
    }
}

/* The number of a dimension's parameters. */
static size_t count_dims(uint32_t dims)
{
    return (size_t)__builtin_popcount(dims);
}

/* Whether all that was remembered holds: $n the type's name, $n+1 names of the collections that were asked
 * for, then those of `checked`. A member that has come to hold the type, a child that was put into a chain or
 * taken out of it, and a collection made anew under an old name are all there is that changes a path: neither
 * butler renames a collection or changes its type. */
static void put_holds(struct cb_bytes *sql, const char *schema, size_t n)
{
    cb_bytes_printf(sql,
                    "EXISTS (SELECT FROM %sdataset_type WHERE id = $1 AND name = $%zu)"
                    " AND (SELECT count(*) FROM %scollection WHERE name = ANY ($%zu::text[])"
                    " AND collection_id = ANY ($%zu::bigint[])) = cardinality($%zu::bigint[])",
                    schema, n, schema, n + 1, n + 2, n + 2);
    cb_bytes_printf(
        sql,
        " AND (SELECT coalesce(array_agg(parent), '{}') = $%zu::bigint[]"
        " AND coalesce(array_agg(child), '{}') = $%zu::bigint[] FROM (SELECT parent, child"
        " FROM %scollection_chain WHERE parent = ANY ($%zu::bigint[]) ORDER BY parent, position) link)",
        n + 4, n + 5, schema, n + 3);
    cb_bytes_printf(sql,
                    " AND NOT EXISTS (SELECT FROM %scollection_summary_dataset_type"
                    " WHERE dataset_type_id = $1 AND collection_id = ANY ($%zu::bigint[]))",
                    schema, n + 6);
}

/* The first column tells whether it holds; then what cb_put_find has, NULL for no match. */
static void put_look_up(struct cb_look_up *look_up, const char *schema, const struct cb_find_form *form)
{
    cb_bytes_puts(&look_up->sql, "SELECT k.holds, q.* FROM (SELECT ");
    put_holds(&look_up->sql, schema, CB_FIND_ID_PARAM + count_dims(look_up->type.dims));
    cb_bytes_puts(&look_up->sql, " AS holds) k LEFT JOIN (");
    cb_put_find(&look_up->sql, &look_up->type, schema, form);
    cb_bytes_puts(&look_up->sql, ") q ON true");
}

static bool is_for(const struct cb_look_up *look_up, const char *type, const char *collections)
{
    return strcmp(look_up->type.name, type) == 0 && strcmp(look_up->collections, collections) == 0;
}

static void forget(struct cb_repo *repo, struct cb_look_up *gone)
{
    struct cb_look_up **at = &repo->look_ups;
    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    look_up_free(gone);
}

/* The newest are kept. */
static void keep(struct cb_repo *repo, struct cb_look_up *new)
{
    struct cb_look_up *at = new;
    new->next = repo->look_ups;
    repo->look_ups = new;
    for (int i = 1; i < REMEMBERED_MAX && at != NULL; i++)
        at = at->next;
    if (at != NULL) {
        cb_look_ups_free(at->next);
        at->next = NULL;
    }
}

/* ret_look_up: NULL where not all of the collections are there. */
static bool resolve(struct cb_repo *repo, const char *type, const char *collections,
                    struct cb_look_up **ret_look_up, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(look_up_free) struct cb_look_up *look_up = cb_xalloc(sizeof *look_up);
    *look_up = (struct cb_look_up){ .collections = cb_xstrdup(collections), .sql = CB_BYTES(CB_SQL_MAX) };
    if (!cb_repo_read(repo, &tx, err) || !cb_dataset_type_find(repo, type, &look_up->type, err) ||
        !cb_db_run(repo->db, sql_resolve_path, CB_P(cb_p_int(look_up->type.id), cb_p_text(collections)),
                   &rows, err))
        return false;
    for (int i = 0; i < N_ARRAYS; i++)
        look_up->array[i] =
            cb_xstrdup(cb_rows_is_null(rows, 0, (size_t)i) ? "{}" : cb_rows_text(rows, 0, (size_t)i));
    cb_auto(cb_free) char *quoted = cb_db_quote_identifier(repo->db, repo->schema);
    cb_auto(cb_free) char *schema = cb_xasprintf("%s.", quoted);
    put_look_up(look_up, schema,
                &(const struct cb_find_form){ .tagged = cb_rows_bool(rows, 0, HAS_TAGS),
                                              .certified = cb_rows_bool(rows, 0, HAS_CERTIFICATIONS) });
    *ret_look_up = cb_rows_bool(rows, 0, ALL_THERE) ? cb_steal(look_up) : NULL;
    return true;
}

/* What is remembered, or is from now on; NULL where a collection is not there. */
static bool recall(struct cb_repo *repo, const char *type, const char *collections,
                   struct cb_look_up **ret_look_up, struct cb_error *err)
{
    struct cb_look_up *at = repo->look_ups;
    while (at != NULL && !is_for(at, type, collections))
        at = at->next;
    if (at == NULL) {
        if (!resolve(repo, type, collections, &at, err))
            return false;
        if (at != NULL)
            keep(repo, at);
    }
    *ret_look_up = at;
    return true;
}

/* The question as parameters; false where the data ID does not go with what is remembered of the type. */
static bool put_question(const struct cb_look_up *look_up, const struct cb_data_id *data_id,
                         const struct cb_timespan *timespan, struct cb_find_values *values,
                         struct cb_param params[MAX_PARAMS], size_t *ret_n)
{
    size_t n = 0;
    if (!cb_find_params(&look_up->type, data_id, timespan, values, params, &n, NULL))
        return false;
    params[CB_FIND_PATH_PARAM - 1] = cb_p_text(look_up->array[PATH]);
    params[CB_FIND_PATH_PARAM] = cb_p_text(look_up->array[CERTIFIED]);
    params[CB_FIND_PATH_PARAM + 1] = cb_p_text(look_up->array[NAMES]);
    params[n++] = cb_p_text(look_up->type.name);
    params[n++] = cb_p_text(look_up->collections);
    for (int i = 0; i < N_CHECKED; i++)
        params[n++] = cb_p_text(look_up->array[checked[i]]);
    *ret_n = n;
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

/* Ask in one statement. ret_holds: what is remembered does, and the answer is right. */
static bool find_at_once(struct cb_repo *repo, const struct cb_look_up *look_up,
                         const struct cb_data_id *data_id, const struct cb_timespan *timespan,
                         bool *ret_holds, struct cb_dataset_list *ret_found, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct cb_find_values values;
    struct cb_param params[MAX_PARAMS];
    size_t n = 0;
    *ret_holds = put_question(look_up, data_id, timespan, &values, params, &n);
    if (!*ret_holds)
        return true;
    if (!cb_db_run(repo->db, cb_bytes_text(&look_up->sql), params, n, &rows, err))
        return false;
    *ret_holds = cb_rows_bool(rows, 0, 0);
    *ret_found = (struct cb_dataset_list){ 0 };
    return !*ret_holds || cb_rows_is_null(rows, 0, 1) ||
           cb_find_take(rows, 1, &look_up->type, &data_id, ret_found, err);
}

bool cb_dataset_find(struct cb_repo *repo, const char *type, const struct cb_data_id *data_id,
                     const char *const *collections, size_t count, const struct cb_timespan *timespan,
                     struct cb_dataset_list *ret_found, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes array = CB_BYTES(CB_ARRAY_MAX);
    struct cb_look_up *look_up = NULL;
    bool holds = false;
    if (has_globs(collections, count) || !cb_db_is_alive(repo->db))
        return find_by_steps(repo, type, data_id, collections, count, timespan, ret_found, err);
    const char *names = cb_text_array(&array, collections, count);
    for (int attempt = 0; attempt < 2; attempt++) { /* as remembered, then as it is now */
        if (!recall(repo, type, names, &look_up, err) ||
            (look_up != NULL && !find_at_once(repo, look_up, data_id, timespan, &holds, ret_found, err)))
            return false;
        if (holds)
            return true;
        if (look_up == NULL)
            break;
        forget(repo, look_up);
    }
    return find_by_steps(repo, type, data_id, collections, count, timespan, ret_found, err);
}
