/* Connections for the threads that serve HTTP. */
#pragma once

#include "io/db.h"

struct cb_db_pool;
/* At most `most` connections, opened when they are needed. */
struct cb_db_pool *cb_db_pool_new(const char *uri, const char *application_name, size_t most);
/* All must have been given back. Accepts NULL. */
void cb_db_pool_free(struct cb_db_pool *pool);
/* A live connection, not in a transaction; waits while all are taken. Errors: as cb_db_open. */
CB_MUST_CHECK bool cb_db_pool_take(struct cb_db_pool *pool, struct cb_db **ret_db, struct cb_error *err);
/* Accepts NULL. A transaction left open ends with the connection. */
void cb_db_pool_give(struct cb_db_pool *pool, struct cb_db *db);
