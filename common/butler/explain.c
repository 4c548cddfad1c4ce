/* Which calibration applies, and why not each of the others. */
#include "butler/explain.h"

#include "base/alloc.h"
#include "butler/dataset_rows.h"
#include "domain/validity.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const char *cb_why_name(enum cb_why why)
{
    static const char *const names[] = {
        [CB_WHY_APPLIES] = "applies",
        [CB_WHY_AMBIGUOUS] = "ambiguous",
        [CB_WHY_SHADOWED] = "shadowed",
        [CB_WHY_BEGINS_LATER] = "begins_later",
        [CB_WHY_ENDED] = "ended",
        [CB_WHY_OTHER_DATA_ID] = "other_data_id",
        [CB_WHY_NOT_SEARCHED] = "not_searched",
        [CB_WHY_NOT_CERTIFIED] = "not_certified",
    };
    return names[why];
}

void cb_explanation_done(struct cb_explanation *explanation)
{
    cb_dataset_list_done(&explanation->datasets);
    free(explanation->item);
    free(explanation->first);
    *explanation = (struct cb_explanation){ 0 };
}

static bool check_dimensions(const struct cb_dataset_type *type, const struct cb_data_id *id,
                             struct cb_error *err)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if ((type->dims & CB_DIM(i)) != (id->has & CB_DIM(i)))
            return cb_fail(err, CB_ERR_INVALID, "datasets of type %s have %s %s", type->name,
                           (type->dims & CB_DIM(i)) != 0 ? "a" : "no",
                           cb_element_at((enum cb_element_index)i)->name);
    return true;
}

/* Certifications, then memberships in RUN and TAGGED collections, which hold at any time. */
static bool load_all(struct cb_repo *repo, const struct cb_dataset_type *type, const char *instrument,
                     struct cb_dataset_list *list, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    cb_bytes_puts(&sql, "WITH hits AS (");
    if (type->calibs_table != NULL) {
        cb_bytes_puts(&sql, "SELECT t.dataset_id, t.collection_id, t.timespan");
        cb_put_id_columns(&sql, type->dims, "t");
        cb_bytes_printf(&sql, " FROM \"%s\" t WHERE t.dataset_type_id = $1 AND t.instrument = $2 UNION ALL ",
                        type->calibs_table);
    }
    cb_bytes_puts(&sql, "SELECT t.dataset_id, t.collection_id, NULL::int8range");
    cb_put_id_columns(&sql, type->dims, "t");
    cb_bytes_printf(&sql, " FROM \"%s\" t WHERE t.dataset_type_id = $1 AND t.instrument = $2) SELECT ",
                    type->tags_table);
    cb_put_dataset_columns(&sql, type->dims, "t.timespan");
    cb_bytes_puts(&sql, " FROM ");
    cb_put_dataset_joins(&sql, "", "hits");
    cb_bytes_puts(&sql, " ORDER BY d.id, t.timespan NULLS LAST, c.name");
    return cb_db_run(repo->db, cb_bytes_text(&sql), CB_P(cb_p_int(type->id), cb_p_text(instrument)), &rows,
                     err) &&
           cb_dataset_take_rows(rows, 0, type, list, err);
}

static size_t place_of(const struct cb_collection_list *path, const char *collection)
{
    for (size_t i = 0; i < path->count; i++)
        if (strcmp(path->item[i].name, collection) == 0)
            return i;
    return SIZE_MAX;
}

/* What is in reach, told as the domain tells it. rows[n] belong to the candidates chosen[n]. */
static void judge_reachable(struct cb_explanation *it, const struct cb_collection_list *path,
                            const struct cb_data_id *id, uint32_t dims, struct cb_timespan when)
{
    struct cb_validity_row *rows = cb_xalloc_array(it->count + 1, sizeof *rows);
    enum cb_validity_verdict *verdicts = cb_xalloc_array(it->count + 1, sizeof *verdicts);
    size_t *chosen = cb_xalloc_array(it->count + 1, sizeof *chosen), n = 0;
    for (size_t i = 0; i < it->count; i++)
        if (it->item[i].place != SIZE_MAX && cb_data_id_equal(&it->item[i].dataset->data_id, id, dims)) {
            rows[n] = (struct cb_validity_row){ .collection = it->item[i].place,
                                                .span = it->item[i].dataset->validity };
            chosen[n++] = i;
        }
    cb_validity_explain(rows, n, when, verdicts);
    for (size_t k = 0; k < n; k++) {
        static const enum cb_why reasons[] = {
            [CB_VALIDITY_APPLIES] = CB_WHY_APPLIES,
            [CB_VALIDITY_SHADOWED] = CB_WHY_SHADOWED,
            [CB_VALIDITY_AMBIGUOUS] = CB_WHY_AMBIGUOUS,
        };
        struct cb_candidate *candidate = &it->item[chosen[k]];
        if (verdicts[k] == CB_VALIDITY_OUTSIDE)
            candidate->why = rows[k].span.begin_ns > when.begin_ns ? CB_WHY_BEGINS_LATER : CB_WHY_ENDED;
        else
            candidate->why = reasons[verdicts[k]];
        if ((candidate->why == CB_WHY_APPLIES || candidate->why == CB_WHY_AMBIGUOUS) && it->first == NULL)
            it->first = cb_xstrdup(path->item[candidate->place].name);
    }
    free(rows);
    free(verdicts);
    free(chosen);
}

/* Rows of one dataset stand together, its certifications first: is it certified or tagged anywhere? */
static bool is_only_in_its_run(const struct cb_dataset_list *list, size_t i)
{
    const struct cb_dataset *one = &list->item[i];
    return strcmp(one->collection, one->run) == 0 && (i == 0 || strcmp(list->item[i - 1].id, one->id) != 0) &&
           (i + 1 == list->count || strcmp(list->item[i + 1].id, one->id) != 0);
}

static int compare(const void *a, const void *b)
{
    const struct cb_candidate *x = a, *y = b;
    if (x->why != y->why)
        return x->why < y->why ? -1 : 1;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    int order = strcmp(x->dataset->collection, y->dataset->collection);
    if (order != 0)
        return order;
    if (x->dataset->validity.begin_ns != y->dataset->validity.begin_ns)
        return x->dataset->validity.begin_ns < y->dataset->validity.begin_ns ? -1 : 1;
    return strcmp(x->dataset->id, y->dataset->id);
}

/* A RUN that is not searched says nothing of a dataset that is certified or tagged: that row tells. */
static void add_candidates(struct cb_explanation *it, const struct cb_collection_list *path,
                           const struct cb_data_id *id, uint32_t dims)
{
    it->item = cb_xalloc_array(it->datasets.count + 1, sizeof *it->item);
    for (size_t i = 0; i < it->datasets.count; i++) {
        const struct cb_dataset *dataset = &it->datasets.item[i];
        size_t place = place_of(path, dataset->collection);
        bool alone = is_only_in_its_run(&it->datasets, i);
        if (place == SIZE_MAX && strcmp(dataset->collection, dataset->run) == 0 && !alone)
            continue;
        enum cb_why why = !cb_data_id_equal(&dataset->data_id, id, dims) ? CB_WHY_OTHER_DATA_ID
                          : alone                                        ? CB_WHY_NOT_CERTIFIED
                                                                         : CB_WHY_NOT_SEARCHED;
        it->item[it->count++] = (struct cb_candidate){ dataset, why, place };
    }
}

bool cb_explain(struct cb_repo *repo, const char *type_name, const struct cb_data_id *data_id,
                const char *const *collections, size_t count, struct cb_timespan when,
                struct cb_explanation *ret, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto_dataset_type struct cb_dataset_type type = { 0 };
    cb_auto_collections struct cb_collection_list path = { 0 };
    cb_auto_explanation struct cb_explanation it = { 0 };
    if (!cb_repo_read(repo, &tx, err) || !cb_dataset_type_find(repo, type_name, &type, err) ||
        !check_dimensions(&type, data_id, err) ||
        !cb_collection_flatten(repo, collections, count, false, &path, err) ||
        !load_all(repo, &type, data_id->instrument, &it.datasets, err))
        return false;
    add_candidates(&it, &path, data_id, type.dims);
    judge_reachable(&it, &path, data_id, type.dims, when);
    qsort(it.item, it.count, sizeof *it.item, compare);
    *ret = it;
    it = (struct cb_explanation){ 0 };
    return true;
}
