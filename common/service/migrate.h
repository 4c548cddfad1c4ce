/* Migrations: numbered SQL files, forward only, each applied once.
 *
 * Files "NNNN_name.sql" in order of name; each in one transaction, unless its first line is "-- no
 * transaction". What was applied stands in calbus.migration with the file's SHA-256; an applied file that has
 * changed is an error. Two that apply at once wait for each other. */
#pragma once

#include "io/db.h"

/* Called for each file as it is applied. */
typedef void cb_migration_teller(void *self, const char *name);

/* Apply what is missing. folder NULL: the files built into this program. tell may be NULL.
 * Errors: CB_ERR_FATAL an applied file has changed or is gone, or a file fails (it is rolled back, those
 * before stay); CB_ERR_INVALID the folder has no such files; as cb_db_run. */
CB_MUST_CHECK bool cb_migrate_apply(struct cb_db *db, const char *folder, cb_migration_teller *tell,
                                    void *self, struct cb_error *err);
/* The database has what this program was built with (it may have more). Errors: CB_ERR_FATAL what is missing
 * or changed, with the hint `calbus db migrate`. */
CB_MUST_CHECK bool cb_migrate_check(struct cb_db *db, struct cb_error *err);
/* How many of the built-in files are missing (all of them on an empty database). */
CB_MUST_CHECK bool cb_migrate_missing(struct cb_db *db, size_t *ret_missing, struct cb_error *err);
