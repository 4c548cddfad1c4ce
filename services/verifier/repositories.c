/* Repositories by their labels. */
#include "verifier.h"

bool open_repository(struct verifier *me, struct cb_db *db, const char *label, struct cb_repo **ret_repo,
                     struct cb_error *err)
{
    cb_repo_index_done(&me->index); /* labels may have been added since */
    me->index = (struct cb_repo_index){ 0 };
    return cb_repo_index_read(me->index_path, &me->index, err) &&
           cb_repo_open(label, &me->index, db, ret_repo, err);
}
