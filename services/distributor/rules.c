/* Rules. */
#include "rules.h"

#include "announce.h"
#include "base/alloc.h"
#include "base/log.h"
#include "io/clock.h"
#include "rses.h"
#include "jobs.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

bool lock_rule(struct cb_db *db, const char *rule_id, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_lock_rule, CB_P(cb_p_text(rule_id)), &rows, err))
        return false;
    return cb_rows_count(rows) > 0 || cb_fail(err, CB_ERR_NOT_FOUND, "there is no rule %s", rule_id);
}

bool lock_rules_of_file(struct cb_db *db, const char *scope, const char *name, const char *rse,
                        struct cb_rows **ret_rows, struct cb_error *err)
{
    return cb_db_run(db, sql_lock_rules_of_file, CB_P(cb_p_text(scope), cb_p_text(name), cb_p_text(rse)),
                     ret_rows, err);
}

/* A rule's row as load_rule.sql gives it. */
enum { SCOPE, NAME, EXPRESSION, COPIES, FILES, OK, REPLICATING, STUCK, ERROR };

static struct rule_state state_of(const char *rule_id, const struct cb_rows *rows)
{
    return (struct rule_state){
        .id = rule_id,
        .scope = cb_rows_text(rows, 0, SCOPE),
        .name = cb_rows_text(rows, 0, NAME),
        .rse_expression = cb_rows_text(rows, 0, EXPRESSION),
        .copies = cb_rows_int(rows, 0, COPIES),
        .files = cb_rows_int(rows, 0, FILES),
        .ok = cb_rows_int(rows, 0, OK),
        .replicating = cb_rows_int(rows, 0, REPLICATING),
        .stuck = cb_rows_int(rows, 0, STUCK),
        .error = cb_rows_text(rows, 0, ERROR),
    };
}

static bool load_rule(struct cb_db *db, const char *rule_id, struct cb_rows **ret_rows,
                      struct rule_state *ret_state, struct cb_error *err)
{
    if (!cb_db_run(db, sql_load_rule, CB_P(cb_p_text(rule_id)), ret_rows, err))
        return false;
    *ret_state = state_of(rule_id, *ret_rows);
    return true;
}

/* As many as there are to be copies, those first that have most of the dataset already. */
static bool choose_rses(struct cb_db *db, const struct rule_state *rule, char **ret_array,
                        struct cb_error *err)
{
    auto_rse_names struct rse_names members = { 0 };
    auto_rse_names struct rse_names chosen = { 0 };
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!find_rses(db, rule->rse_expression, &members, err))
        return false;
    if ((int64_t)members.count < rule->copies)
        return cb_fail(
            err, CB_ERR_CONFLICT,
            "target RSE set not sufficient for number of copies (%lld copies requested, RSE set size %zu)",
            (long long)rule->copies, members.count);
    cb_auto(cb_free) char *array = rse_array(&members);
    if (!cb_db_run(
            db, sql_choose_rses,
            CB_P(cb_p_text(rule->scope), cb_p_text(rule->name), cb_p_text(array), cb_p_int(rule->copies)),
            &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        chosen.name[chosen.count++] = cb_xstrdup(cb_rows_text(rows, i, 0));
    *ret_array = rse_array(&chosen);
    return true;
}

bool apply_rule(const struct distributor *me, struct cb_db *db, const char *rule_id, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(cb_free) char *rses = NULL;
    struct rule_state rule;
    return load_rule(db, rule_id, &rows, &rule, err) && choose_rses(db, &rule, &rses, err) &&
           cb_db_run(db, sql_put_replicas, CB_P(cb_p_text(rule_id), cb_p_text(rses)), NULL, err) &&
           cb_db_run(db, sql_put_locks, CB_P(cb_p_text(rule_id), cb_p_text(rses)), NULL, err) &&
           cb_db_run(db, sql_queue_transfers, CB_P(cb_p_text(rule_id)), NULL, err) &&
           say_rule_created(db, &rule, err) && settle_rule(me, db, rule_id, "", err);
}

/* One import a site, when all its files are there. The source's site has what it exported. */
static bool plan_imports(const struct distributor *me, struct cb_db *db, const char *rule_id,
                         struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_complete_sites, CB_P(cb_p_text(rule_id)), &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++) {
        const char *name = cb_rows_text(rows, i, 0);
        const struct cb_site *site = cb_site_find(&me->config.sites, name);
        cb_auto(cb_free) char *repository =
            site != NULL && site->enabled ? site_repository_of(site, cb_rows_text(rows, i, 1)) : NULL;
        char id[CB_UUID_TEXT_SIZE];
        cb_uuid_new_text(id);
        if (repository != NULL &&
            !cb_db_run(db, sql_put_import,
                       CB_P(cb_p_text(id), cb_p_text(rule_id), cb_p_text(name), cb_p_text(repository)), NULL,
                       err))
            return false;
    }
    return true;
}

/* Tenths of the locks that are OK. */
static int64_t tenths(int64_t ok, const struct rule_state *rule)
{
    int64_t all = rule->ok + rule->replicating + rule->stuck;
    return all == 0 ? 10 : ok * 10 / all;
}

static bool say_change(struct cb_db *db, const struct rule_state *rule, const char *before, const char *after,
                       int64_t ok_before, struct cb_error *err)
{
    if (strcmp(before, after) != 0)
        cb_log(CB_INFO, "rule changed its state", cb_str("rule_id", rule->id), cb_str("name", rule->name),
               cb_str("from", before), cb_str("to", after), cb_int("locks_ok", rule->ok),
               cb_str("error", rule->error));
    if (strcmp(after, "OK") == 0)
        return strcmp(before, "OK") == 0 || say_rule_ok(db, rule, err);
    if (strcmp(after, "STUCK") == 0 && strcmp(before, "STUCK") != 0)
        return say_rule_stuck(db, rule, err);
    return tenths(ok_before, rule) == tenths(rule->ok, rule) || say_rule_progress(db, rule, err);
}

bool settle_rule(const struct distributor *me, struct cb_db *db, const char *rule_id, const char *error,
                 struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *before = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct rule_state rule;
    return cb_db_run(db, sql_settle_rule, CB_P(cb_p_text(rule_id), cb_p_text(error)), &before, err) &&
           load_rule(db, rule_id, &rows, &rule, err) &&
           say_change(db, &rule, cb_rows_text(before, 0, 0), cb_rows_text(before, 0, 1),
                      cb_rows_int(before, 0, 2), err) &&
           plan_imports(me, db, rule_id, err);
}

bool stick_rule(struct cb_db *db, const char *rule_id, const char *error, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct rule_state rule;
    cb_log(CB_ERROR, "distribution cannot go on", cb_str("rule_id", rule_id), cb_str("error", error));
    return cb_db_run(db, sql_stick_rule, CB_P(cb_p_text(rule_id), cb_p_text(error)), NULL, err) &&
           load_rule(db, rule_id, &rows, &rule, err) && say_rule_stuck(db, &rule, err);
}

bool end_failed_step(const struct distributor *me, struct cb_db *db, const struct job *job,
                     const char *end_sql, const char *rule_id, const char *what,
                     const struct cb_error *outcome, int64_t *ret_again_ms, struct cb_error *err)
{
    int64_t failures = job->failures + 1;
    bool give_up = outcome->kind != CB_ERR_TRANSIENT && failures >= me->config.attempts;
    *ret_again_ms = give_up ? -1 : retry_pause_ms(&me->config, failures);
    if (!cb_db_run(db, end_sql,
                   CB_P(cb_p_text(job->id), cb_p_text(give_up ? "FAILED" : "PENDING"), cb_p_int(0),
                        cb_p_text(outcome->text)),
                   NULL, err))
        return false;
    if (!give_up)
        return true;
    struct cb_error why = *outcome;
    cb_context(&why, "%s", what);
    return lock_rule(db, rule_id, err) && stick_rule(db, rule_id, why.text, err);
}

bool free_rule(struct cb_db *db, const char *rule_id, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *freed = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct rule_state rule;
    if (!cb_db_run(db, sql_free_rule, CB_P(cb_p_text(rule_id)), &freed, err))
        return false;
    return cb_rows_count(freed) == 0 ||
           (load_rule(db, rule_id, &rows, &rule, err) && say_rule_ok(db, &rule, err));
}

static bool count_run(struct cb_db *db, const char *sql, const char *rule_id, int64_t *count,
                      struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql, CB_P(cb_p_text(rule_id)), &rows, err))
        return false;
    *count += (int64_t)cb_rows_affected(rows);
    return true;
}

bool requeue_rule(const struct distributor *me, struct cb_db *db, const char *rule_id, int64_t *ret_count,
                  struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *state = NULL;
    int64_t count = 0;
    if (!lock_rule(db, rule_id, err) || !count_run(db, sql_hurry_jobs, rule_id, &count, err) ||
        !count_run(db, sql_requeue_export, rule_id, &count, err) ||
        !count_run(db, sql_requeue_imports, rule_id, &count, err) ||
        !count_run(db, sql_requeue_ranges, rule_id, &count, err) ||
        !count_run(db, sql_requeue_checks, rule_id, &count, err) ||
        !count_run(db, sql_requeue_locks, rule_id, &count, err) ||
        !cb_db_run(db, sql_queue_transfers, CB_P(cb_p_text(rule_id)), NULL, err) ||
        !cb_db_run(db, sql_revive_rule, CB_P(cb_p_text(rule_id)), &state, err))
        return false;
    *ret_count = count;
    return cb_rows_count(state) == 0 || settle_rule(me, db, rule_id, "", err);
}
