/* Rules: which files are to be where, how far that is, and what follows when it is done. */
#pragma once

#include "distributor.h"

struct job;

/* Choose the rule's storage elements, and write locks, replicas and transfers for every file of its dataset;
 * says rule.created, then as settle_rule. Its row must be locked. Errors: as cb_rse_expression_evaluate;
 * CONFLICT fewer storage elements than copies. */
CB_MUST_CHECK bool apply_rule(const struct distributor *me, struct cb_db *db, const char *rule_id,
                              struct cb_error *err);

/* Count the locks of a rule anew and say what has changed: progress, stuck, ok. A site whose files are all
 * there is given its import. Its row must be locked. error: why it is stuck, if it is. */
CB_MUST_CHECK bool settle_rule(const struct distributor *me, struct cb_db *db, const char *rule_id,
                               const char *error, struct cb_error *err);

/* Lock the rules that want a file at a storage element, in the order of their ids; the rows' first column. */
CB_MUST_CHECK bool lock_rules_of_file(struct cb_db *db, const char *scope, const char *name, const char *rse,
                                      struct cb_rows **ret_rows, struct cb_error *err);
/* Lock one rule's row. Errors: NOT_FOUND. */
CB_MUST_CHECK bool lock_rule(struct cb_db *db, const char *rule_id, struct cb_error *err);

/* A rule that cannot go on, or whose import fails: STUCK with a reason; says rule.stuck. */
CB_MUST_CHECK bool stick_rule(struct cb_db *db, const char *rule_id, const char *error, struct cb_error *err);

/* A step of a rule at a site failed: PENDING and again after a pause, or FAILED and the rule is stuck.
 * end_sql  sets its state: $1 the job's id  $2 state  $3 a count  $4 error
 * what     "import into /repo/main at summit" */
CB_MUST_CHECK bool end_failed_step(const struct distributor *me, struct cb_db *db, const struct job *job,
                                   const char *end_sql, const char *rule_id, const char *what,
                                   const struct cb_error *outcome, int64_t *ret_again_ms,
                                   struct cb_error *err);

/* What failed at a site has been done: when nothing is left that failed, the reason is gone and rule.ok is
 * said. Its row must be locked. */
CB_MUST_CHECK bool free_rule(struct cb_db *db, const char *rule_id, struct cb_error *err);

/* Try again what is stuck of a rule: its export, its transfers, its imports. *ret_count: how much there was.
 */
CB_MUST_CHECK bool requeue_rule(const struct distributor *me, struct cb_db *db, const char *rule_id,
                                int64_t *ret_count, struct cb_error *err);
