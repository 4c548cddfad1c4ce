/* Rows of the dimension tables: compare or insert. */
#include "butler/dimension_records.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "butler/overlaps.h"
#include "domain/instrument.h"
#include "sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAX_COLUMNS = 40 };

void cb_record_list_done(struct cb_record_list *list)
{
    for (size_t i = 0; list->element != NULL && i < list->count * list->element->n_columns; i++)
        free(list->value[i]);
    free(list->value);
    *list = (struct cb_record_list){ 0 };
}

const char *cb_record_get(const struct cb_record_list *list, size_t i, const char *column)
{
    const struct cb_column *found = cb_element_column(list->element, column, strlen(column));
    return list->value[i * list->element->n_columns + (size_t)(found - list->element->columns)];
}

static const char *cast_of(const struct cb_column *column)
{
    switch (column->type) {
    case CB_TYPE_INT:
        return "bigint";
    case CB_TYPE_FLOAT:
        return "double precision";
    case CB_TYPE_BOOL:
        return "boolean";
    case CB_TYPE_TIMESPAN:
        return "int8range";
    default:
        return "text";
    }
}

static bool is_key(const struct cb_column *column)
{
    return column->role == CB_COLUMN_REQUIRED || column->role == CB_COLUMN_PRIMARY;
}

static void put_insert(struct cb_bytes *sql, const struct cb_element *element)
{
    cb_bytes_printf(sql, "INSERT INTO \"%s\" (", element->name);
    for (size_t i = 0; i < element->n_columns; i++)
        cb_bytes_printf(sql, "%s\"%s\"", i > 0 ? ", " : "", element->columns[i].name);
    cb_bytes_puts(sql, ") VALUES (");
    for (size_t i = 0; i < element->n_columns; i++)
        cb_bytes_printf(sql, "%s$%zu::%s", i > 0 ? ", " : "", i + 1, cast_of(&element->columns[i]));
    cb_bytes_puts(sql, ") ON CONFLICT DO NOTHING");
}

static void put_where_key(struct cb_bytes *sql, const struct cb_element *element)
{
    const char *joint = " WHERE ";
    for (size_t i = 0; i < element->n_columns; i++)
        if (is_key(&element->columns[i])) {
            cb_bytes_printf(sql, "%s\"%s\" = $%zu::%s", joint, element->columns[i].name, i + 1,
                            cast_of(&element->columns[i]));
            joint = " AND ";
        }
}

/* For each column: is it different, and its text. All parameters are named, so that one list serves all
 * statements. */
static void put_compare(struct cb_bytes *sql, const struct cb_element *element)
{
    cb_bytes_puts(sql, "SELECT ");
    for (size_t i = 0; i < element->n_columns; i++)
        cb_bytes_printf(sql, "%s\"%s\" IS DISTINCT FROM $%zu::%s, \"%s\"::text", i > 0 ? ", " : "",
                        element->columns[i].name, i + 1, cast_of(&element->columns[i]),
                        element->columns[i].name);
    cb_bytes_printf(sql, " FROM \"%s\"", element->name);
    put_where_key(sql, element);
}

static void put_update(struct cb_bytes *sql, const struct cb_element *element)
{
    cb_bytes_printf(sql, "UPDATE \"%s\" SET ", element->name);
    for (size_t i = 0; i < element->n_columns; i++)
        cb_bytes_printf(sql, "%s\"%s\" = $%zu::%s", i > 0 ? ", " : "", element->columns[i].name, i + 1,
                        cast_of(&element->columns[i]));
    put_where_key(sql, element);
}

static void put_value(struct cb_bytes *out, const struct cb_column *column, const char *text)
{
    bool quoted = text != NULL && column->type == CB_TYPE_STRING;
    cb_bytes_printf(out, "%s%s%s", quoted ? "'" : "", text != NULL ? text : "None", quoted ? "'" : "");
}

/* "Conflict in sync for table T on column(s) C: 'old' != 'new'"; false when something differs. */
static bool compare_columns(const struct cb_element *element, const struct cb_rows *rows,
                            const char *const *values, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes names = CB_BYTES(400), pairs = CB_BYTES(600);
    for (size_t i = 0; i < element->n_columns; i++) {
        if (!cb_rows_bool(rows, 0, 2 * i))
            continue;
        cb_bytes_printf(&names, "%s%s", names.size > 0 ? ", " : "", element->columns[i].name);
        cb_bytes_puts(&pairs, pairs.size > 0 ? ", " : "");
        put_value(&pairs, &element->columns[i], cb_rows_text(rows, 0, 2 * i + 1));
        cb_bytes_puts(&pairs, " != ");
        put_value(&pairs, &element->columns[i], values[i]);
    }
    return names.size == 0 ||
           cb_fail(err, CB_ERR_CONFLICT, "Conflict in sync for table %s on column(s) %s: %s", element->name,
                   cb_bytes_text(&names), cb_bytes_text(&pairs));
}

/* The row was not inserted, and none has its key: another unique column is taken. */
static bool fail_alternate(const struct cb_element *element, const char *const *values, struct cb_error *err)
{
    for (size_t i = 0; i < element->n_columns; i++)
        if (element->columns[i].role == CB_COLUMN_ALTERNATE)
            return cb_fail(err, CB_ERR_CONFLICT, "%s with %s '%s' is registered under another key",
                           element->name, element->columns[i].name, values[i] != NULL ? values[i] : "None");
    return cb_fail(err, CB_ERR_CONFLICT, "a row of %s with the same unique columns is registered",
                   element->name);
}

static bool settle_existing(struct cb_repo *repo, const struct cb_element *element,
                            const struct cb_param *params, const char *const *values, bool update,
                            enum cb_sync *ret_what, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes compare = CB_BYTES(16384), change = CB_BYTES(16384);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    put_compare(&compare, element);
    if (!cb_db_run(repo->db, cb_bytes_text(&compare), params, element->n_columns, &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return fail_alternate(element, values, err);
    struct cb_error difference = { 0 };
    *ret_what = CB_SYNC_SAME;
    if (compare_columns(element, rows, values, &difference))
        return true;
    if (!update)
        return cb_fail(err, difference.kind, "%s", difference.text);
    *ret_what = CB_SYNC_UPDATED;
    put_update(&change, element);
    return cb_db_run(repo->db, cb_bytes_text(&change), params, element->n_columns, NULL, err);
}

static bool add_instrument_summaries(struct cb_repo *repo, const char *instrument, struct cb_error *err)
{
    return cb_db_run(repo->db, sql_insert_visit_summary, CB_P(cb_p_text(instrument)), NULL, err) &&
           cb_db_run(repo->db, sql_insert_region_summary, CB_P(cb_p_text(instrument)), NULL, err);
}

static bool add_skymap_summaries(struct cb_repo *repo, const char *skymap, struct cb_error *err)
{
    return cb_db_run(repo->db, sql_insert_tract_summary, CB_P(cb_p_text(skymap)), NULL, err) &&
           cb_db_run(repo->db, sql_insert_patch_summary, CB_P(cb_p_text(skymap)), NULL, err);
}

/* Rows in other tables that go with a new or changed record. */
static bool follow_record(struct cb_repo *repo, const struct cb_element *element, const char *const *values,
                          enum cb_sync what, struct cb_error *err)
{
    if (what == CB_SYNC_INSERTED && cb_element_index(element) == CB_INSTRUMENT)
        return add_instrument_summaries(repo, values[0], err);
    if (what == CB_SYNC_INSERTED && cb_element_index(element) == CB_SKYMAP)
        return add_skymap_summaries(repo, values[0], err);
    return what == CB_SYNC_SAME || !cb_overlaps_has(element) || cb_overlaps_store(repo, element, values, err);
}

/* A record that shall be there. */
struct record {
    const struct cb_element *element;
    const char *const *values; /* [element->n_columns] */
    bool update;
    enum cb_sync what; /* was done */
};

static bool sync_record(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    struct record *it = arg;
    const struct cb_element *element = it->element;
    struct cb_param params[MAX_COLUMNS];
    for (size_t i = 0; i < element->n_columns; i++)
        params[i] = cb_p_text(it->values[i]);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto_bytes struct cb_bytes insert = CB_BYTES(16384);
    put_insert(&insert, element);
    if (!cb_db_run(repo->db, cb_bytes_text(&insert), params, element->n_columns, &rows, err))
        return cb_context(err, "cannot register %s", element->name);
    it->what = CB_SYNC_INSERTED;
    if (cb_rows_affected(rows) == 0 &&
        !settle_existing(repo, element, params, it->values, it->update, &it->what, err))
        return false;
    return follow_record(repo, element, it->values, it->what, err);
}

bool cb_record_sync(struct cb_repo *repo, const struct cb_element *element, const char *const *values,
                    bool update, enum cb_sync *ret_what, struct cb_error *err)
{
    struct record it = { element, values, update, CB_SYNC_INSERTED };
    if (!element->has_table)
        return cb_fail(err, CB_ERR_INVALID, "dimension %s has no table of its own", element->name);
    if (!cb_repo_transact(repo, sync_record, &it, err))
        return false;
    if (ret_what != NULL)
        *ret_what = it.what;
    return true;
}

/* Set values by column name; the element's columns come in an order of its own. */
static void set(const struct cb_element *element, const char **values, const char *column, const char *text)
{
    const struct cb_column *found = cb_element_column(element, column, strlen(column));
    values[found - element->columns] = text;
}

static bool register_record(struct cb_repo *repo, const struct cb_instrument *camera, bool update,
                            struct cb_error *err)
{
    const struct cb_element *element = cb_element_at(CB_INSTRUMENT);
    const char *values[MAX_COLUMNS] = { NULL };
    char visit_max[24], exposure_max[24], detector_max[24], visit_system[24];
    snprintf(visit_max, sizeof visit_max, "%" PRId64, camera->visit_max);
    snprintf(exposure_max, sizeof exposure_max, "%" PRId64, camera->exposure_max);
    snprintf(detector_max, sizeof detector_max, "%" PRId64, camera->detector_max);
    snprintf(visit_system, sizeof visit_system, "%" PRId64, camera->visit_system);
    set(element, values, "name", camera->name);
    set(element, values, "visit_max", visit_max);
    set(element, values, "visit_system", visit_system);
    set(element, values, "exposure_max", exposure_max);
    set(element, values, "detector_max", detector_max);
    set(element, values, "class_name", camera->class_name);
    return cb_record_sync(repo, element, values, update, NULL, err);
}

static bool register_detectors(struct cb_repo *repo, const struct cb_instrument *camera, bool update,
                               struct cb_error *err)
{
    const struct cb_element *element = cb_element_at(CB_DETECTOR);
    for (size_t i = 0; i < camera->n_detectors; i++) {
        struct cb_detector detector;
        char id[24];
        const char *values[MAX_COLUMNS] = { NULL };
        if (!cb_instrument_detector(camera, (int)i, &detector, err))
            return false;
        snprintf(id, sizeof id, "%d", detector.id);
        set(element, values, "instrument", camera->name);
        set(element, values, "id", id);
        set(element, values, "full_name", detector.full_name);
        set(element, values, "name_in_raft", detector.name_in_raft[0] != '\0' ? detector.name_in_raft : NULL);
        set(element, values, "raft", detector.raft[0] != '\0' ? detector.raft : NULL);
        set(element, values, "purpose", detector.purpose);
        if (!cb_record_sync(repo, element, values, update, NULL, err))
            return false;
    }
    return true;
}

static bool register_filters(struct cb_repo *repo, const struct cb_instrument *camera, bool update,
                             struct cb_error *err)
{
    const struct cb_element *element = cb_element_at(CB_PHYSICAL_FILTER);
    cb_auto(cb_free) struct cb_physical_filter *filters = NULL;
    size_t n = cb_instrument_filters(camera, &filters);
    for (size_t i = 0; i < n; i++) {
        const char *values[MAX_COLUMNS] = { NULL };
        set(element, values, "instrument", camera->name);
        set(element, values, "name", filters[i].name);
        set(element, values, "band", filters[i].band);
        if (!cb_record_sync(repo, element, values, update, NULL, err))
            return false;
    }
    return true;
}

/* A camera that shall be there. */
struct camera_registration {
    const struct cb_instrument *camera;
    bool update;
};

static bool register_camera(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct camera_registration *it = arg;
    return register_record(repo, it->camera, it->update, err) &&
           register_detectors(repo, it->camera, it->update, err) &&
           register_filters(repo, it->camera, it->update, err);
}

bool cb_instrument_names(struct cb_repo *repo, struct cb_rows **ret_rows, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    return cb_repo_read(repo, &tx, err) && cb_db_run(repo->db, sql_list_instruments, CB_P0, ret_rows, err);
}

bool cb_instrument_register(struct cb_repo *repo, const char *name, bool update, struct cb_error *err)
{
    const struct cb_instrument *camera = cb_instrument_find(name);
    if (camera == NULL)
        camera = cb_instrument_find_class(name);
    if (camera == NULL)
        return cb_fail(
            err, CB_ERR_NOT_FOUND,
            "Could not import instrument \"%s\"; there are LATISS, LSSTComCam, LSSTComCamSim and LSSTCam, "
            "or their classes lsst.obs.lsst.{Latiss,LsstComCam,LsstComCamSim,LsstCam}",
            name);
    struct camera_registration it = { camera, update };
    return cb_repo_transact(repo, register_camera, &it, err);
}
