/* Addresses of databases: libpq's URI and key=value forms, and the URL that Python's SQLAlchemy takes. */
#pragma once

#include "base/error.h"

#include <stdbool.h>

/* "postgresql+psycopg2://user@host:port/name" or, on a Unix socket,
 * "postgresql+psycopg2://user@/name?host=/dir&port=n"; never a password (it comes from ~/.pgpass or
 * ~/.lsst/db-auth.yaml). To be freed. uri is a libpq URI or key=value string; what it leaves out is taken
 * from libpq's defaults. Errors: INVALID it cannot be parsed. */
CB_MUST_CHECK bool cb_db_uri_for_python(const char *uri, char **ret_url, struct cb_error *err);
/* A libpq URI, "postgresql://user@host:port/name" or "postgresql://user@/name?host=/dir&port=n". To be freed.
 */
char *cb_db_uri_of_parts(const char *user, const char *host, const char *port, const char *name);
/* Back: "postgresql+psycopg2://..." or "postgresql://..." as libpq takes it. Errors: INVALID another database
 * system. */
CB_MUST_CHECK bool cb_db_uri_from_python(const char *url, char **ret_uri, struct cb_error *err);
/* The address as it may be shown: *** for a password in it. Other texts come as they are. To be freed. */
char *cb_db_uri_masked(const char *text);
/* Errors: INVALID it is no address; the text does not repeat what may be a password. */
CB_MUST_CHECK bool cb_db_uri_check(const char *uri, struct cb_error *err);
/* Do both lead to the same database as the same user? false also when one cannot be parsed. */
bool cb_db_uri_same(const char *a, const char *b);
