/* Rows of calbus.metric_cursor. */
#include "cursor.h"

#include "sql.h"

bool cursor_find(struct cb_db *db, const char *publisher, int64_t hold_s, int64_t *ret_sequence,
                 struct cb_error *err)
{
    for (;;) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        if (!cb_db_run(db, sql_find_cursor, CB_P(cb_p_text(publisher)), &rows, err))
            return false;
        if (cb_rows_count(rows) > 0) {
            *ret_sequence = cb_rows_int(rows, 0, 0);
            return true;
        }
        if (!cb_db_run(db, sql_begin_cursor, CB_P(cb_p_text(publisher), cb_p_int(hold_s)), NULL, err))
            return false;
    }
}

bool cursor_advance(struct cb_db *db, const char *publisher, int64_t sequence, struct cb_error *err)
{
    return cb_db_run(db, sql_advance_cursor, CB_P(cb_p_text(publisher), cb_p_int(sequence)), NULL, err);
}
