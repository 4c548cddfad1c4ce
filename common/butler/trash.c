/* Files whose datasets were removed: deleted after the commit of the removal, under their records.
 *
 * A removal moves the rows of dataset_location to dataset_location_trash and leaves the records of the files,
 * so that nobody takes their places. Here, in a transaction of its own, files, records and trash go together:
 * if that does not come to its end, the next removal, of ours or of the stock butler, finishes it. */
#include "base/alloc.h"
#include "base/bytes.h"
#include "butler/datastore.h"
#include "butler/rows.h"
#include "sql.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* $1 path as recorded here, $2 and $3 the same file as others record it: absolute, as a URI. */
static bool make_question(struct cb_repo *repo, struct cb_bytes *sql, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *tables = NULL;
    if (!cb_db_run(repo->db, sql_list_record_tables, CB_P0, &tables, err))
        return false;
    cb_bytes_puts(sql, "SELECT ");
    for (size_t i = 0; i < cb_rows_count(tables); i++)
        cb_bytes_printf(sql, "%sEXISTS (SELECT FROM %s WHERE path IN (%s$2, $3))", i > 0 ? " OR " : "",
                        cb_rows_text(tables, i, 0), cb_rows_bool(tables, i, 1) ? "$1, " : "");
    return true;
}

/* A file that is gone already was deleted by a removal that did not come to its end. */
static bool delete_file(struct cb_repo *repo, const char *question, const char *path, struct cb_error *err)
{
    cb_auto(cb_free) char *full = cb_xasprintf("%s/%s", repo->root, path);
    cb_auto(cb_free) char *uri = cb_file_uri(full);
    cb_auto(cb_rows_free) struct cb_rows *named = NULL;
    if (!cb_db_run(repo->db, question, CB_P(cb_p_text(path), cb_p_text(full), cb_p_text(uri)), &named, err))
        return false;
    return cb_rows_bool(named, 0, 0) || unlink(full) == 0 || errno == ENOENT || errno == ENOTDIR ||
           cb_fail(err, CB_ERR_TRANSIENT, "could not delete \"%s\": %s", full, strerror(errno));
}

static bool empty_trash(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    size_t *ret_count = arg;
    cb_auto(cb_rows_free) struct cb_rows *ids = NULL;
    cb_auto(cb_rows_free) struct cb_rows *paths = NULL;
    cb_auto_bytes struct cb_bytes array = CB_BYTES(CB_ARRAY_MAX), question = CB_BYTES(1U << 20);
    if (!cb_db_run(repo->db, sql_lock_trash, CB_P0, &ids, err))
        return false;
    *ret_count = cb_rows_count(ids);
    if (*ret_count == 0)
        return true;
    cb_array_begin(&array);
    for (size_t i = 0; i < cb_rows_count(ids); i++)
        cb_array_text(&array, cb_rows_text(ids, i, 0));
    if (!cb_db_run(repo->db, sql_delete_trash, CB_P(cb_p_text(cb_array_end(&array))), &paths, err) ||
        !make_question(repo, &question, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(paths); i++) {
        const char *path = cb_rows_text(paths, i, 0);
        bool is_own = strstr(path, "://") == NULL && path[0] != '/'; /* else it was only pointed at */
        if (is_own && !delete_file(repo, cb_bytes_text(&question), path, err))
            return false;
    }
    return true;
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
