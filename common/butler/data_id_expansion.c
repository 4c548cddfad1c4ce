/* What the records say of data IDs: are they registered, and which implied values have they? */
#include "butler/data_id_expansion.h"

#include "butler/dataset_rows.h"
#include "butler/rows.h"
#include "domain/region.h"
#include "sql.h"

#include <string.h>

static void put_number_or_null(struct cb_bytes *array, const struct cb_data_id *id,
                               enum cb_element_index index)
{
    if (cb_data_id_has(id, index))
        cb_array_int(array, id->number[index]);
    else
        cb_array_text(array, NULL);
}

bool cb_expansion_fetch(struct cb_repo *repo, const struct cb_data_id *const *ids, size_t n,
                        struct cb_rows **ret_rows, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes instrument = CB_BYTES(CB_ARRAY_MAX), detector = CB_BYTES(CB_ARRAY_MAX);
    cb_auto_bytes struct cb_bytes exposure = CB_BYTES(CB_ARRAY_MAX), visit = CB_BYTES(CB_ARRAY_MAX);
    cb_auto_bytes struct cb_bytes filter = CB_BYTES(CB_ARRAY_MAX);
    struct cb_bytes *arrays[] = { &instrument, &detector, &exposure, &visit, &filter };
    for (size_t k = 0; k < 5; k++)
        cb_array_begin(arrays[k]);
    for (size_t i = 0; i < n; i++) {
        cb_array_text(&instrument, cb_data_id_text(ids[i], CB_INSTRUMENT));
        put_number_or_null(&detector, ids[i], CB_DETECTOR);
        put_number_or_null(&exposure, ids[i], CB_EXPOSURE);
        put_number_or_null(&visit, ids[i], CB_VISIT);
        cb_array_text(&filter, cb_data_id_text(ids[i], CB_PHYSICAL_FILTER));
    }
    return cb_db_run(repo->db, sql_expand_data_ids,
                     CB_P(cb_p_text(cb_array_end(&instrument)), cb_p_text(cb_array_end(&detector)),
                          cb_p_text(cb_array_end(&exposure)), cb_p_text(cb_array_end(&visit)),
                          cb_p_text(cb_array_end(&filter))),
                     ret_rows, err);
}

static bool check_registered(const struct cb_rows *rows, size_t row, const struct cb_data_id *id,
                             struct cb_error *err)
{
    static const enum cb_element_index checked[] = { CB_DETECTOR, CB_EXPOSURE, CB_VISIT, CB_PHYSICAL_FILTER,
                                                     CB_INSTRUMENT };
    for (size_t k = 0; k < 5; k++)
        if (cb_rows_bool(rows, row, 7 + k)) {
            char text[CB_DIMENSION_TEXT_SIZE];
            cb_data_id_value(id, checked[k], text);
            return cb_fail(err, CB_ERR_INVALID, "%s %s of %s is not registered",
                           cb_element_at(checked[k])->name, text, id->instrument);
        }
    return true;
}

/* Pixels of the sky have no table: what is one is known. */
static bool check_pixel(const struct cb_data_id *id, struct cb_error *err)
{
    int64_t pixel = id->number[CB_HTM7];
    return !cb_data_id_has(id, CB_HTM7) || (pixel >= CB_HTM7_FIRST && pixel <= CB_HTM7_LAST) ||
           cb_fail(err, CB_ERR_INVALID, "htm7 %lld is no pixel of that level: they are %d to %d",
                   (long long)pixel, CB_HTM7_FIRST, CB_HTM7_LAST);
}

static bool take_implied(const struct cb_rows *rows, size_t row, struct cb_data_id *id, struct cb_error *err)
{
    static const struct {
        enum cb_element_index dimension;
        size_t column;
    } implied[] = { { CB_DAY_OBS, 3 }, { CB_PHYSICAL_FILTER, 4 }, { CB_BAND, 5 }, { CB_GROUP, 6 } };
    for (size_t k = 0; k < 4; k++)
        if (!cb_rows_is_null(rows, row, implied[k].column) &&
            !cb_data_id_set(id, implied[k].dimension, cb_rows_text(rows, row, implied[k].column), err))
            return false;
    return true;
}

bool cb_expansion_take(const struct cb_rows *rows, size_t row, struct cb_data_id *id, struct cb_error *err)
{
    return check_registered(rows, row, id, err) && check_pixel(id, err) && take_implied(rows, row, id, err);
}

bool cb_data_ids_expand(struct cb_repo *repo, struct cb_data_id *const *ids, size_t n, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_repo_read(repo, &tx, err) ||
        !cb_expansion_fetch(repo, (const struct cb_data_id *const *)ids, n, &rows, err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!cb_expansion_take(rows, i, ids[i], err))
            return false;
    return true;
}
