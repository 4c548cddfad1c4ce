/* What the board has accepted on a ticket whose chain is in force already. */
#include "join_chain.h"

#include "base/alloc.h"
#include "butler/collections.h"
#include "butler/home.h"
#include "sql.h"
#include "staleness.h"

bool join_chain(const struct certifier *me, struct cb_db *db, const struct proposal *proposal,
                const struct cb_event *cause, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *waited = NULL;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(cb_free) char *chain = cb_xasprintf("%s/calib", proposal->instrument);
    if (!cb_db_run(db, sql_end_waiting, CB_P(cb_p_text(proposal->id)), &waited, err))
        return false;
    if (cb_rows_count(waited) == 0)
        return true;
    if (!cb_repo_open_home(me->index_path, proposal->repository, db, &repo, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(waited); i++) {
        const char *const child[] = { cb_rows_text(waited, i, 0) };
        if (!cb_chain_change(repo, proposal->ticket_chain, CB_CHAIN_PREPEND, child, 1, err))
            return false;
    }
    return update_staleness(db, repo, proposal->repository, proposal->instrument, chain, cause, err);
}
