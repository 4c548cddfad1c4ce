/* Repositories of one suite, by the labels of its index. */
#pragma once

#include "butler/repository.h"

/* cb_repo_open with the index file read; path or label as there. */
CB_MUST_CHECK bool cb_repo_open_home(const char *index_path, const char *label, struct cb_db *shared,
                                     struct cb_repo **ret_repo, struct cb_error *err);
