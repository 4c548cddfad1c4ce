/* Where the verify pipelines lie. */
#pragma once

#include "base/error.h"

/* configured, else $CP_VERIFY_DIR, else beside this program (../share/calbus/cp_verify when installed,
 * <source>/deploy/cp_verify in a build folder); to be freed. Errors: CB_ERR_NOT_FOUND none of them holds
 * pipelines/. */
CB_MUST_CHECK bool find_pipelines(const char *configured, char **ret_folder, struct cb_error *err);
