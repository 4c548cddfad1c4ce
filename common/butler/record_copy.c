/* Dimension records from one repository into another, table by table. */
#include "butler/record_copy.h"

#include "base/alloc.h"
#include "butler/dataset_rows.h"
#include "butler/rows.h"
#include "domain/dimensions.h"
#include "sql.h"

#include <string.h>

enum { MAX_COLUMNS = 40 };

struct copier {
    struct cb_repo *source, *dest;
    const struct cb_data_id *const *ids;
    size_t n;
};

/* A table of rows to be copied: name as SQL has it, and the dimensions that choose them. */
struct table {
    const char *name;
    uint32_t dims;
    const struct cb_element
        *element; /* its keys have names of their own; NULL: they are called as dimensions */
};

/* What goes with an element's records, behind them. */
static const struct {
    enum cb_element_index element;
    struct table table;
} companions[] = {
    { CB_INSTRUMENT, { "visit_skypix_overlap_summary", CB_DIM(CB_INSTRUMENT), NULL } },
    { CB_INSTRUMENT, { "visit_detector_region_skypix_overlap_summary", CB_DIM(CB_INSTRUMENT), NULL } },
    { CB_SKYMAP, { "tract_skypix_overlap_summary", CB_DIM(CB_SKYMAP), NULL } },
    { CB_SKYMAP, { "patch_skypix_overlap_summary", CB_DIM(CB_SKYMAP), NULL } },
    { CB_TRACT, { "tract_skypix_overlap", CB_DIM(CB_SKYMAP) | CB_DIM(CB_TRACT), NULL } },
    { CB_PATCH, { "patch_skypix_overlap", CB_DIM(CB_SKYMAP) | CB_DIM(CB_TRACT) | CB_DIM(CB_PATCH), NULL } },
    { CB_VISIT, { "visit_skypix_overlap", CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_VISIT), NULL } },
    /* the relations of visits, behind all dimensions */
    { CB_VISIT_DEFINITION, { "visit_definition", CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_VISIT), NULL } },
    { CB_VISIT_DEFINITION, { "visit_system_membership", CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_VISIT), NULL } },
    { CB_VISIT_DEFINITION, { "visit_detector_region", CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_VISIT), NULL } },
    { CB_VISIT_DEFINITION,
      { "visit_detector_region_skypix_overlap", CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_VISIT), NULL } },
};

/* Rows of a table in the source that the data IDs choose; *ret_rows stays NULL when no data ID can. */
static bool fetch(const struct copier *copier, const struct table *table, struct cb_rows **ret_rows,
                  struct cb_error *err)
{
    cb_auto_id_arrays struct cb_id_arrays arrays = { 0 };
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    struct cb_param params[CB_MAX_ID_ARRAYS];
    size_t n_params = 0, n = 0;
    const struct cb_data_id **chosen = cb_xalloc_array(copier->n + 1, sizeof(const struct cb_data_id *));
    for (size_t i = 0; i < copier->n; i++)
        if ((copier->ids[i]->has & table->dims) == table->dims)
            chosen[n++] = copier->ids[i];
    bool ok = cb_id_arrays_fill(&arrays, chosen, n, table->dims, err);
    free(chosen);
    if (!ok || n == 0)
        return ok;
    cb_id_arrays_params(&arrays, params, &n_params);
    cb_bytes_printf(&sql, "SELECT t.* FROM \"%s\" t WHERE EXISTS (SELECT FROM ", table->name);
    cb_put_id_source(&sql, table->dims, 1);
    const char *joint = " WHERE ";
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (table->dims & CB_DIM(i)) {
            const char *name = cb_element_at((enum cb_element_index)i)->name;
            cb_bytes_printf(&sql, "%st.\"%s\" = i.\"%s\"", joint,
                            table->element != NULL
                                ? cb_element_key_of(table->element, (enum cb_element_index)i)->name
                                : name,
                            name);
            joint = " AND ";
        }
    cb_bytes_puts(&sql, ")");
    return cb_db_run(copier->source->db, cb_bytes_text(&sql), params, n_params, ret_rows, err);
}

/* INSERT INTO t (columns) SELECT i.c0::its type, ... FROM unnest($1::text[], ...) i (c0, ...) */
static bool put_insert(struct cb_repo *dest, const char *table, const struct cb_rows *rows,
                       struct cb_bytes *sql, struct cb_error *err)
{
    size_t columns = cb_rows_columns(rows);
    cb_auto(cb_rows_free) struct cb_rows *types = NULL;
    if (!cb_db_run(dest->db, sql_list_column_types, CB_P(cb_p_text(table)), &types, err))
        return false;
    cb_bytes_printf(sql, "INSERT INTO \"%s\" (", table);
    for (size_t c = 0; c < columns; c++)
        cb_bytes_printf(sql, "%s\"%s\"", c > 0 ? ", " : "", cb_rows_column_name(rows, c));
    cb_bytes_puts(sql, ") SELECT ");
    for (size_t c = 0; c < columns; c++) {
        size_t k = 0;
        while (k < cb_rows_count(types) &&
               strcmp(cb_rows_text(types, k, 0), cb_rows_column_name(rows, c)) != 0)
            k++;
        if (k == cb_rows_count(types))
            return cb_fail(err, CB_ERR_FATAL, "table \"%s\" of repository \"%s\" has no column \"%s\"", table,
                           dest->name, cb_rows_column_name(rows, c));
        cb_bytes_printf(sql, "%si.c%zu::%s", c > 0 ? ", " : "", c, cb_rows_text(types, k, 1));
    }
    cb_bytes_puts(sql, " FROM unnest(");
    for (size_t c = 0; c < columns; c++)
        cb_bytes_printf(sql, "%s$%zu::text[]", c > 0 ? ", " : "", c + 1);
    cb_bytes_puts(sql, ") i (");
    for (size_t c = 0; c < columns; c++)
        cb_bytes_printf(sql, "%sc%zu", c > 0 ? ", " : "", c);
    cb_bytes_puts(sql, ") ON CONFLICT DO NOTHING");
    return true;
}

static bool insert(struct cb_repo *dest, const char *table, const struct cb_rows *rows, struct cb_error *err)
{
    size_t columns = cb_rows_columns(rows);
    struct cb_bytes array[MAX_COLUMNS];
    struct cb_param params[MAX_COLUMNS];
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    if (columns > MAX_COLUMNS)
        return cb_fail(err, CB_ERR_FATAL, "table \"%s\" has more than %d columns", table, MAX_COLUMNS);
    if (!put_insert(dest, table, rows, &sql, err))
        return false;
    for (size_t c = 0; c < columns; c++) {
        array[c] = (struct cb_bytes)CB_BYTES(CB_ARRAY_MAX);
        cb_array_begin(&array[c]);
        for (size_t r = 0; r < cb_rows_count(rows); r++)
            cb_array_text(&array[c], cb_rows_text(rows, r, c));
        params[c] = cb_p_text(cb_array_end(&array[c]));
    }
    bool ok = cb_db_run(dest->db, cb_bytes_text(&sql), params, columns, NULL, err);
    for (size_t c = 0; c < columns; c++)
        cb_bytes_done(&array[c]);
    return ok || cb_context(err, "cannot copy records of %s", table);
}

static bool copy_table(const struct copier *copier, const struct table *table, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!fetch(copier, table, &rows, err))
        return false;
    return rows == NULL || cb_rows_count(rows) == 0 || insert(copier->dest, table->name, rows, err);
}

static bool copy_companions(const struct copier *copier, enum cb_element_index index, struct cb_error *err)
{
    for (size_t i = 0; i < sizeof companions / sizeof companions[0]; i++)
        if (companions[i].element == index && !copy_table(copier, &companions[i].table, err))
            return false;
    return true;
}

/* Records of dimensions in universe order, so that what a row refers to is there before it. */
static bool copy_elements(const struct copier *copier, struct cb_error *err)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
        const struct cb_element *element = cb_element_at((enum cb_element_index)i);
        const struct table table = { element->name, element->required, element };
        if (element->has_table &&
            (!copy_table(copier, &table, err) || !copy_companions(copier, (enum cb_element_index)i, err)))
            return false;
    }
    return true;
}

/* Data IDs of what the relations of visits name: exposures, systems, detectors. */
static bool list_related(const struct copier *copier, const char *relation, enum cb_element_index related,
                         struct cb_data_id **ids, size_t *n, struct cb_error *err)
{
    const struct table table = { relation, CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_VISIT), NULL };
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!fetch(copier, &table, &rows, err))
        return false;
    if (rows == NULL)
        return true;
    size_t column = 0, instrument = 0;
    for (size_t c = 0; c < cb_rows_columns(rows); c++) {
        if (strcmp(cb_rows_column_name(rows, c), cb_element_at(related)->name) == 0)
            column = c;
        if (strcmp(cb_rows_column_name(rows, c), "instrument") == 0)
            instrument = c;
    }
    *ids = cb_xrealloc_array(*ids, *n + cb_rows_count(rows) + 1, sizeof **ids);
    for (size_t r = 0; r < cb_rows_count(rows); r++) {
        struct cb_data_id id = { 0 };
        if (!cb_data_id_set(&id, CB_INSTRUMENT, cb_rows_text(rows, r, instrument), err) ||
            !cb_data_id_set(&id, related, cb_rows_text(rows, r, column), err))
            return false;
        (*ids)[(*n)++] = id;
    }
    return true;
}

/* What the relations of visits refer to. */
static bool copy_related(const struct copier *copier, struct cb_error *err)
{
    struct cb_data_id *ids = NULL;
    size_t n = 0;
    bool ok = list_related(copier, "visit_definition", CB_EXPOSURE, &ids, &n, err) &&
              list_related(copier, "visit_system_membership", CB_VISIT_SYSTEM, &ids, &n, err) &&
              list_related(copier, "visit_detector_region", CB_DETECTOR, &ids, &n, err);
    struct cb_data_id **pointers = cb_xalloc_array(n + 1, sizeof(struct cb_data_id *));
    for (size_t i = 0; i < n; i++)
        pointers[i] = &ids[i];
    const struct copier related = { copier->source, copier->dest, (const struct cb_data_id *const *)pointers,
                                    n };
    ok = ok &&
         (n == 0 || (cb_data_ids_expand(copier->source, pointers, n, err) && copy_elements(&related, err)));
    free(pointers);
    free(ids);
    return ok;
}

static bool has_visits(const struct copier *copier)
{
    for (size_t i = 0; i < copier->n; i++)
        if (cb_data_id_has(copier->ids[i], CB_VISIT))
            return true;
    return false;
}

bool cb_records_copy(struct cb_repo *source, struct cb_repo *dest, const struct cb_data_id *const *ids,
                     size_t n, struct cb_error *err)
{
    const struct copier copier = { source, dest, ids, n };
    if (!copy_elements(&copier, err))
        return false;
    return !has_visits(&copier) ||
           (copy_related(&copier, err) && copy_companions(&copier, CB_VISIT_DEFINITION, err));
}
