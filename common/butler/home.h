/* Repositories of one suite, by the labels of its index. */
#pragma once

#include "butler/repository.h"

/* cb_repo_open with the index file read; path or label as there. */
CB_MUST_CHECK bool cb_repo_open_home(const char *index_path, const char *label, struct cb_db *shared,
                                     struct cb_repo **ret_repo, struct cb_error *err);

/* Transactions over calbus's own database and a repository's that were cut off between their two commits
 * (io/db.h) are ended as the repository's part ended. db must have none open.
 * ret_settled  how many were
 * ret_waits    why the first of the others has to wait; kind NONE: there is none */
CB_MUST_CHECK bool cb_repo_settle_home(const char *index_path, struct cb_db *db, size_t *ret_settled,
                                       struct cb_error *ret_waits, struct cb_error *err);
