/* Timers that have run out. */
#include "alarm.h"
#include "io/clock.h"
#include "sql.h"
#include "state.h"

bool fire_timers(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_due_alarms, CB_P(cb_p_int(cb_clock_tai_ns())), &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        if (!fire_alarm(self, db, cb_rows_text(rows, i, 0), err))
            return false;
    *ret_again = cb_rows_count(rows) >= 100;
    return true;
}
