/* What the distributor says. Every function puts one event into the outbox of the open transaction. */
#pragma once

#include "service/service.h"

/* A rule as it stands. Texts are borrowed. */
struct rule_state {
    const char *id, *scope, *name, *rse_expression, *error;
    int64_t copies, files;
    int64_t ok, replicating, stuck;
};
CB_MUST_CHECK bool say_rule_created(struct cb_db *db, const struct rule_state *rule, struct cb_error *err);
CB_MUST_CHECK bool say_rule_progress(struct cb_db *db, const struct rule_state *rule, struct cb_error *err);
CB_MUST_CHECK bool say_rule_ok(struct cb_db *db, const struct rule_state *rule, struct cb_error *err);
CB_MUST_CHECK bool say_rule_stuck(struct cb_db *db, const struct rule_state *rule, struct cb_error *err);

struct transfer_state {
    const char *id, *rule_id, *scope, *name, *source_rse, *destination_rse, *adler32, *error;
    int64_t bytes, attempt;
};
CB_MUST_CHECK bool say_transfer_done(struct cb_db *db, const struct transfer_state *transfer,
                                     struct cb_error *err);
CB_MUST_CHECK bool say_transfer_failed(struct cb_db *db, const struct transfer_state *transfer,
                                       struct cb_error *err);

struct import_state {
    const char *site, *repository, *instrument, *rule_id, *proposal_id, *ticket_chain;
    int64_t datasets;
};
CB_MUST_CHECK bool say_site_imported(struct cb_db *db, const struct import_state *imported,
                                     struct cb_error *err);

struct check_state {
    const char *site, *repository, *instrument, *proposal_id, *ticket_chain;
    const char *verdict; /* "PASS", "FAIL", "NO_DATA" */
    const char *processed, *detail, *fingerprint;
    int64_t exposure, detector;
};
CB_MUST_CHECK bool say_deployment_checked(struct cb_db *db, const struct check_state *check,
                                          struct cb_error *err);
