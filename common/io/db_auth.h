/* Passwords of databases, as the stock butler keeps them: a list of patterns and what goes with them, in
 * $LSST_DB_AUTH (~/.lsst/db-auth.yaml), or as JSON in $LSST_DB_AUTH_CREDENTIALS, which goes first:
 *
 *   - {url: "postgresql://db?.example.org:5432/butler", username: reader, password: secret}
 *
 * Host and database of a url are globs; user, port and database may be left out. username is for an address
 * that names none. The first entry that matches holds. What it does not know is left to libpq (PGPASSWORD,
 * ~/.pgpass). */
#pragma once

#include "base/error.h"

#include <stdbool.h>

/* uri     a libpq URI or key=value string; one without a host (a socket) or a database has no entry
 * ret_user, ret_password   to be freed; NULL: nothing to add
 * Errors: FATAL the file can be read by others than its owner, or is no such list. */
CB_MUST_CHECK bool cb_db_auth_find(const char *uri, char **ret_user, char **ret_password,
                                   struct cb_error *err);
