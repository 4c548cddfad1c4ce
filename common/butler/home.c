/* Repositories of one suite, by the labels of its index. */
#include "butler/home.h"

#include "base/alloc.h"
#include "butler/repo_config.h"
#include "io/db_uri.h"

bool cb_repo_open_home(const char *index_path, const char *label, struct cb_db *shared,
                       struct cb_repo **ret_repo, struct cb_error *err)
{
    struct cb_repo_index index = { 0 };
    bool ok =
        cb_repo_index_read(index_path, &index, err) && cb_repo_open(label, &index, shared, ret_repo, err);
    cb_repo_index_done(&index);
    return ok;
}

/* The database of a repository; its tables are not looked at. */
static bool connect_home(const char *index_path, const char *label, struct cb_db **ret_db,
                         struct cb_error *err)
{
    struct cb_repo_index index = { 0 };
    cb_auto_repo_config struct cb_repo_config config = { 0 };
    cb_auto(cb_free) char *path = NULL;
    cb_auto(cb_free) char *uri = NULL;
    bool ok = cb_repo_index_read(index_path, &index, err) && cb_repo_locate(label, &index, &path, err) &&
              cb_repo_config_read(path, &config, err) && cb_db_uri_from_python(config.db, &uri, err) &&
              cb_db_open(uri, "calbus", ret_db, err);
    cb_repo_index_done(&index);
    return ok;
}

static bool settle_one(const char *index_path, struct cb_db *db, const char *gid, const char *label,
                       bool *ret_settled, struct cb_error *err)
{
    cb_auto(cb_db_close) struct cb_db *other = NULL;
    return connect_home(index_path, label, &other, err) && cb_joint_settle(db, gid, other, ret_settled, err);
}

bool cb_repo_settle_home(const char *index_path, struct cb_db *db, size_t *ret_settled,
                         struct cb_error *ret_waits, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    *ret_settled = 0;
    *ret_waits = (struct cb_error){ 0 };
    if (!cb_joint_list(db, &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++) {
        bool settled = false;
        struct cb_error why = { 0 };
        const char *label = cb_rows_text(rows, i, 1);
        if (!settle_one(index_path, db, cb_rows_text(rows, i, 0), label, &settled, &why)) {
            cb_context(&why, "a transaction with %s waits", label);
            if (ret_waits->kind == CB_ERR_NONE)
                *ret_waits = why;
        }
        *ret_settled += settled;
    }
    return true;
}
