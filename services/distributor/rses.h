/* Storage elements: their rows, their folders, and which of them a rule means. */
#pragma once

#include "distributor.h"

#include "butler/repository.h"

enum { RSES_MOST = 64 };

struct rse_names {
    size_t count;
    char *name[RSES_MOST]; /* sorted */
};
void rse_names_done(struct rse_names *names);
static inline void rse_names_done_at_exit(struct rse_names *names)
{
    rse_names_done(names);
}
#define auto_rse_names __attribute__((cleanup(rse_names_done_at_exit)))

/* Write a row for each enabled site's storage element; those of sites that were switched off cannot be
 * written to. */
CB_MUST_CHECK bool sync_rses(const struct distributor *me, struct cb_db *db, struct cb_error *err);

/* A site's repository of an instrument: the one named like it (the simulator's frames go with the camera that
 * they stand for). To be freed; NULL: the site has none. */
char *site_repository_of(const struct cb_site *site, const char *instrument);

/* "SLAC_BUTLER_DISK|SUMMIT_CALIB_DISK|BASE_CALIB_DISK": the source, whose locks are OK at once, and every
 * enabled site that has a repository for the instrument. To be freed. */
char *default_expression(const struct cb_sites *sites, const char *instrument);

/* Writable storage elements that an expression names. Errors: as cb_rse_expression_evaluate. */
CB_MUST_CHECK bool find_rses(struct cb_db *db, const char *expression, struct rse_names *ret_names,
                             struct cb_error *err);
/* "{"A","B"}" for SQL; to be freed. */
char *rse_array(const struct rse_names *names);
/* Absolute path of a file of a storage element: <folder>/<scope>/<name>; to be freed.
 * Errors: NOT_FOUND no such storage element. */
CB_MUST_CHECK bool rse_path(struct cb_db *db, const char *rse, const char *scope, const char *name,
                            char **ret_path, struct cb_error *err);
