/* Repositories of one suite, by the labels of its index. */
#include "butler/home.h"

bool cb_repo_open_home(const char *index_path, const char *label, struct cb_db *shared,
                       struct cb_repo **ret_repo, struct cb_error *err)
{
    struct cb_repo_index index = { 0 };
    bool ok =
        cb_repo_index_read(index_path, &index, err) && cb_repo_open(label, &index, shared, ret_repo, err);
    cb_repo_index_done(&index);
    return ok;
}
