/* Queries of dimension records and data IDs. */
#include "butler/query.h"

#include "base/alloc.h"
#include "butler/dataset_rows.h"
#include "butler/query_overlaps.h"
#include "butler/query_run.h"
#include "butler/rows.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

void cb_data_id_list_done(struct cb_data_id_list *list)
{
    free(list->item);
    *list = (struct cb_data_id_list){ 0 };
}

/* Rows that differ only by what they are ordered by, a field of joined datasets: the first stands for all. */
static bool *find_repeated_rows(const struct cb_chosen *chosen, const struct cb_select *select,
                                size_t columns)
{
    if (select->order_fields.size == 0)
        return cb_xalloc_array(chosen->count + 1, sizeof(bool));
    char **texts = cb_xalloc_array(chosen->count + 1, sizeof *texts);
    for (size_t i = 0; i < chosen->count; i++) {
        struct cb_bytes text = CB_BYTES(32U << 20);
        for (size_t column = 0; column < columns; column++) {
            const char *value = cb_rows_text(chosen->rows, cb_chosen_row(chosen, i), column);
            cb_bytes_printf(&text, "%s\n", value != NULL ? value : "\\N");
        }
        texts[i] = cb_bytes_steal(&text);
    }
    bool *repeats = cb_find_repeats((const char *const *)texts, chosen->count);
    for (size_t i = 0; i < chosen->count; i++)
        free(texts[i]);
    free(texts);
    return repeats;
}

static char *record_value(const struct cb_chosen *chosen, size_t i, const struct cb_element *element,
                          size_t column)
{
    const char *text = cb_rows_text(chosen->rows, cb_chosen_row(chosen, i), column);
    if (element != cb_element_at(CB_HTM7) || element->columns[column].type != CB_TYPE_REGION)
        return cb_xstrdup(text);
    cb_auto_region region = { 0 };
    cb_region_of_pixel(cb_rows_int(chosen->rows, cb_chosen_row(chosen, i), 0), CB_REGION_COMMON_LEVEL,
                       &region);
    return cb_region_encode_text(&region);
}

static void take_records(const struct cb_chosen *chosen, const struct cb_select *select,
                         const struct cb_element *element, struct cb_record_list *ret_list)
{
    size_t columns = element->n_columns;
    cb_auto(cb_free) bool *repeats = find_repeated_rows(chosen, select, columns);
    *ret_list = (struct cb_record_list){ .element = element };
    ret_list->value = cb_xalloc_array(chosen->count * columns + 1, sizeof *ret_list->value);
    for (size_t i = 0; i < chosen->count; i++) {
        if (repeats[i])
            continue;
        for (size_t k = 0; k < columns; k++)
            ret_list->value[ret_list->count * columns + k] = record_value(chosen, i, element, k);
        ret_list->count++;
    }
}

/* A band by itself is that of any camera: nothing but a physical filter ties it to an instrument. */
static void add_bands(struct cb_select *select, uint32_t dims)
{
    if (dims & CB_DIM(CB_PHYSICAL_FILTER))
        cb_select_add_element(select, CB_PHYSICAL_FILTER);
    else
        cb_select_add_bands(select);
}

/* The columns of an element's records, and its keys as their order. A pixel's region is in no table. */
static void put_record_columns(const struct cb_select *select, const struct cb_element *element,
                               struct cb_bytes *columns, struct cb_bytes *order)
{
    if (element == cb_element_at(CB_HTM7)) {
        cb_bytes_printf(columns, "%s, NULL", select->key[CB_HTM7]);
        cb_bytes_puts(order, select->key[CB_HTM7]);
        return;
    }
    for (size_t i = 0; i < element->n_columns; i++) {
        const struct cb_column *column = &element->columns[i];
        cb_bytes_printf(columns, "%s\"%s\".\"%s\"", i > 0 ? ", " : "", element->name, column->name);
        if (column->role == CB_COLUMN_REQUIRED || column->role == CB_COLUMN_PRIMARY)
            cb_bytes_printf(order, "%s\"%s\".\"%s\"", order->size > 0 ? ", " : "", element->name,
                            column->name);
    }
}

bool cb_query_records(struct cb_repo *repo, const struct cb_element *element, const struct cb_query *query,
                      struct cb_record_list *ret_list, struct cb_error *err)
{
    enum cb_element_index index = cb_element_index(element);
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto_chosen chosen = { 0 };
    cb_auto_bytes struct cb_bytes columns = CB_BYTES(65536), order = CB_BYTES(65536);
    cb_auto_select struct cb_select select;
    cb_select_init(&select);
    select.dims = cb_dimensions_expand(index < CB_DIMENSION_COUNT ? CB_DIM(index) : element->required);
    if (index == CB_BAND)
        add_bands(&select, select.dims);
    cb_select_add_element(&select, index);
    cb_query_add_order_tables(&select, query, select.dims);
    if (!cb_repo_read(repo, &tx, err) || !cb_query_plan(repo, &select, query, err))
        return false;
    put_record_columns(&select, element, &columns, &order);
    if (!cb_query_run(repo, &select, query, cb_bytes_text(&columns), cb_bytes_text(&order), &chosen, err))
        return false;
    take_records(&chosen, &select, element, ret_list);
    return true;
}

/* Tables that hold the keys of the dimensions: those that the others do not tell already, last first. */
static void add_dimension_tables(struct cb_select *select, uint32_t dims)
{
    for (int i = CB_DIMENSION_COUNT - 1; i >= 0; i--)
        if ((dims & CB_DIM(i)) != 0 && select->key[i] == NULL)
            cb_select_add_element(select, (enum cb_element_index)i);
    if ((dims & CB_DIM(CB_BAND)) != 0 && select->key[CB_BAND] == NULL)
        add_bands(select, dims);
    for (int i = CB_DIMENSION_COUNT; i < CB_ELEMENT_COUNT; i++)
        if (cb_dimensions_relations(dims) & CB_DIM(i))
            cb_select_add_element(select, (enum cb_element_index)i);
}

static void put_keys(const struct cb_select *select, uint32_t dims, struct cb_bytes *columns)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if ((dims & CB_DIM(i)) != 0 && select->key[i] != NULL)
            cb_bytes_printf(columns, "%s%s", columns->size > 0 ? ", " : "", select->key[i]);
}

static size_t count_keys(const struct cb_select *select)
{
    size_t count = 0;
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        count += (select->dims & CB_DIM(i)) != 0 && select->key[i] != NULL;
    return count;
}

static bool take_data_ids(const struct cb_chosen *chosen, const struct cb_select *select,
                          struct cb_data_id_list *list, struct cb_error *err)
{
    cb_auto(cb_free) bool *repeats = find_repeated_rows(chosen, select, count_keys(select));
    list->item = cb_xalloc_array(chosen->count + 1, sizeof *list->item);
    for (size_t row = 0; row < chosen->count; row++) {
        size_t column = 0;
        if (repeats[row])
            continue;
        for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
            if ((select->dims & CB_DIM(i)) == 0 || select->key[i] == NULL)
                continue;
            const char *text = cb_rows_text(chosen->rows, cb_chosen_row(chosen, row), column++);
            if (text != NULL &&
                !cb_data_id_set(&list->item[list->count], (enum cb_element_index)i, text, err))
                return false;
        }
        list->count++;
    }
    return true;
}

bool cb_query_data_ids(struct cb_repo *repo, uint32_t dims, const struct cb_query *query,
                       struct cb_data_id_list *ret_list, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto_chosen chosen = { 0 };
    cb_auto_bytes struct cb_bytes columns = CB_BYTES(65536), order = CB_BYTES(65536);
    cb_auto_select struct cb_select select;
    cb_select_init(&select);
    select.dims = cb_dimensions_expand(dims);
    add_dimension_tables(&select, select.dims);
    if (select.dims == 0)
        cb_bytes_puts(&select.from, "(SELECT) \"nothing\""); /* one data ID, the empty one */
    cb_query_add_order_tables(&select, query, select.dims);
    cb_auto_data_ids struct cb_data_id_list list = { 0 };
    if (!cb_repo_read(repo, &tx, err) || !cb_query_plan(repo, &select, query, err))
        return false;
    put_keys(&select, select.dims, &columns);
    if (columns.size == 0)
        cb_bytes_puts(&columns, "true"); /* what comes behind has a comma before it */
    cb_select_default_order(&select, select.dims, &order);
    if (!cb_query_run(repo, &select, query, cb_bytes_text(&columns), cb_bytes_text(&order), &chosen, err) ||
        !take_data_ids(&chosen, &select, &list, err))
        return false;
    *ret_list = list;
    list = (struct cb_data_id_list){ 0 };
    return true;
}
