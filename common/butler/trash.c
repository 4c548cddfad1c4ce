/* Files whose datasets were removed: deleted after the commit of the removal, under their records.
 *
 * A removal moves the rows of dataset_location to dataset_location_trash and leaves the records of the files,
 * so that nobody takes their places. Here, in a transaction of its own, files, records and trash go together:
 * if that does not come to its end, the next removal, of ours or of the stock butler, finishes it. */
#include "base/alloc.h"
#include "base/bytes.h"
#include "butler/arrivals.h"
#include "butler/datastore.h"
#include "butler/rows.h"
#include "butler/unnamed.h"
#include "sql.h"

#include <string.h>

/* Files of ours; others were only pointed at. */
static bool delete_own(struct cb_repo *repo, const struct cb_rows *paths, struct cb_error *err)
{
    size_t n = 0;
    const char **own = cb_xalloc_array(cb_rows_count(paths) + 1, sizeof *own);
    for (size_t i = 0; i < cb_rows_count(paths); i++) {
        const char *path = cb_rows_text(paths, i, 0);
        if (strstr(path, "://") == NULL && path[0] != '/')
            own[n++] = path;
    }
    bool ok = cb_delete_unnamed(repo, own, n, err);
    free(own);
    return ok;
}

static bool empty_trash(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    size_t *ret_count = arg;
    cb_auto(cb_rows_free) struct cb_rows *ids = NULL;
    cb_auto(cb_rows_free) struct cb_rows *paths = NULL;
    cb_auto_bytes struct cb_bytes array = CB_BYTES(CB_ARRAY_MAX);
    cb_arrivals_sweep(repo);
    if (!cb_db_run(repo->db, sql_lock_trash, CB_P(cb_p_text(repo->datastore)), &ids, err))
        return false;
    *ret_count = cb_rows_count(ids);
    if (*ret_count == 0)
        return true;
    cb_array_begin(&array);
    for (size_t i = 0; i < cb_rows_count(ids); i++)
        cb_array_text(&array, cb_rows_text(ids, i, 0));
    return cb_db_run(repo->db, sql_delete_trash,
                     CB_P(cb_p_text(cb_array_end(&array)), cb_p_text(repo->datastore)), &paths, err) &&
           delete_own(repo, paths, err);
}

bool cb_datastore_empty_trash(struct cb_repo *repo, size_t *ret_count, struct cb_error *err)
{
    size_t count = 0;
    if (cb_db_in_tx(repo->db)) /* its own removals may yet be rolled back */
        return cb_fail(err, CB_ERR_FATAL, "the trash of \"%s\" cannot be emptied inside a transaction",
                       repo->name);
    if (!cb_repo_transact(repo, empty_trash, &count, err))
        return false;
    if (ret_count != NULL)
        *ret_count = count;
    return true;
}
