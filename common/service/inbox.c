/* Incoming events: marks. */
#include "service/inbox.h"

#include "bus_sql.h"
#include "service/envelope.h"

bool cb_inbox_claim(struct cb_db *db, const char *group, const struct cb_event *event, bool *ret_is_new,
                    struct cb_error *err)
{
    char time[CB_CE_TIME_SIZE];
    cb_ce_time_format(event->time_unix_ms, time);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, bus_sql_claim_event, CB_P(cb_p_text(time), cb_p_text(group), cb_p_text(event->id)),
                   &rows, err))
        return cb_context(err, "cannot claim event %s", event->id);
    *ret_is_new = cb_rows_count(rows) == 1;
    return true;
}
