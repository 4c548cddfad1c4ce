/* Numbers of the events of one thing. */
#include "service/sequence.h"

#include "bus_sql.h"

bool cb_sequence_next(struct cb_db *db, const char *entity, int64_t *ret_value, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, bus_sql_next_sequence, CB_P(cb_p_text(entity)), &rows, err))
        return false;
    *ret_value = cb_rows_int(rows, 0, 0);
    return true;
}

bool cb_sequence_apply(struct cb_db *db, const char *group, const char *entity, int64_t value,
                       bool *ret_is_newer, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, bus_sql_apply_sequence, CB_P(cb_p_text(group), cb_p_text(entity), cb_p_int(value)),
                   &rows, err))
        return false;
    *ret_is_newer = cb_rows_count(rows) == 1;
    return true;
}
