/* Private to common/butler: files that no record of any repository of the database names. */
#pragma once

#include "butler/repository.h"

/* Delete these paths below the root, but those that a record names, in the open transaction; what is not
 * there is deleted already. Errors: TRANSIENT a file cannot be deleted. */
CB_MUST_CHECK bool cb_delete_unnamed(struct cb_repo *repo, const char *const *paths, size_t n,
                                     struct cb_error *err);
