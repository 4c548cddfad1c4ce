/* Work on two databases that was cut off between their two commits is ended as the other's part ended. */
#include "butler/home.h"
#include "relay.h"

#include "base/log.h"

bool settle_joint(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    const struct relay *relay = self;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(cb_db_close) struct cb_db *own = NULL; /* outside of the task's transaction */
    struct cb_error waits;
    size_t settled = 0;
    (void)ret_again;
    if (!cb_joint_list(db, &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true;
    if (!cb_db_open(cb_db_uri(db), "calbus-relay", &own, err) ||
        !cb_repo_settle_home(relay->index_path, own, &settled, &waits, err))
        return false;
    if (settled > 0)
        cb_log(CB_WARN, "transactions over two databases that were cut off have been ended",
               cb_int("transactions", (int64_t)settled));
    if (waits.kind != CB_ERR_NONE)
        cb_log_error("a transaction over two databases waits", &waits);
    return true;
}
