/* Stuck rules are tried again. */
#include "base/log.h"
#include "rules.h"
#include "sql.h"

bool repair_rules(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    const struct distributor *me = self;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    int64_t count = 0;
    if (!cb_db_run(db, sql_suspend_old_rules, CB_P0, NULL, err) ||
        !cb_db_run(db, sql_find_stuck_rule, CB_P(cb_p_int(me->config.repair_ms)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true;
    const char *rule_id = cb_rows_text(rows, 0, 0);
    if (!requeue_rule(me, db, rule_id, &count, err))
        return false;
    cb_log(CB_INFO, "stuck rule is tried again", cb_str("rule_id", rule_id), cb_int("count", count));
    *ret_again = true;
    return true;
}
