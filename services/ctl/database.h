/* The suite's database: its migrations. */
#pragma once

#include "ctl.h"

/* Apply what is missing of the shipped migrations. */
CB_MUST_CHECK bool ctl_database_migrate(struct ctl *ctl, struct cb_db *db, int *ret_applied,
                                        struct cb_error *err);
