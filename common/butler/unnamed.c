/* Deleting files that nobody's records name. */
#include "butler/unnamed.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "butler/datastore.h"
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

bool cb_delete_unnamed(struct cb_repo *repo, const char *const *paths, size_t n, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes question = CB_BYTES(1U << 20);
    if (n > 0 && !make_question(repo, &question, err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!delete_file(repo, cb_bytes_text(&question), paths[i], err))
            return false;
    return true;
}
