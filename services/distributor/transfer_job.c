/* Transfers: one file from a storage element that has it to one that wants it. */
#include "announce.h"
#include "base/alloc.h"
#include "carry.h"
#include "jobs.h"
#include "rses.h"
#include "rules.h"
#include "service/metrics.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct transfer {
    char *rule_id, *scope, *name, *destination_rse;
    char *source_rse;      /* "" when nobody has the file */
    char *source, *target; /* absolute paths */
    struct file_facts facts;
    int64_t moved;
};

static void transfer_release(void *detail)
{
    struct transfer *transfer = detail;
    char *texts[] = { transfer->rule_id,    transfer->scope,  transfer->name,  transfer->destination_rse,
                      transfer->source_rse, transfer->source, transfer->target };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(transfer);
}

static struct transfer *transfer_of(const struct cb_rows *rows)
{
    struct transfer *transfer = cb_xalloc(sizeof *transfer);
    transfer->rule_id = cb_xstrdup(cb_rows_text(rows, 0, 0));
    transfer->scope = cb_xstrdup(cb_rows_text(rows, 0, 1));
    transfer->name = cb_xstrdup(cb_rows_text(rows, 0, 2));
    transfer->destination_rse = cb_xstrdup(cb_rows_text(rows, 0, 3));
    transfer->facts.bytes = cb_rows_int(rows, 0, 4);
    snprintf(transfer->facts.adler32, sizeof transfer->facts.adler32, "%s", cb_rows_text(rows, 0, 5));
    snprintf(transfer->facts.md5, sizeof transfer->facts.md5, "%s", cb_rows_text(rows, 0, 6));
    return transfer;
}

/* Each attempt takes the next of the storage elements that have the file, so that a damaged one is gone
 * round. */
static bool find_source(struct cb_db *db, const char *id, struct transfer *transfer, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_choose_source, CB_P(cb_p_text(id)), &rows, err))
        return false;
    transfer->source_rse = cb_xstrdup(cb_rows_count(rows) > 0 ? cb_rows_text(rows, 0, 0) : "");
    return transfer->source_rse[0] == '\0' ||
           rse_path(db, transfer->source_rse, transfer->scope, transfer->name, &transfer->source, err);
}

static bool transfer_load(struct distributor *me, struct cb_db *db, const char *id, void **ret_detail,
                          struct cb_error *err)
{
    (void)me;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_load_transfer, CB_P(cb_p_text(id)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true;
    struct transfer *transfer = transfer_of(rows);
    if (find_source(db, id, transfer, err) &&
        rse_path(db, transfer->destination_rse, transfer->scope, transfer->name, &transfer->target, err)) {
        *ret_detail = transfer;
        return true;
    }
    transfer_release(transfer);
    return false;
}

static bool transfer_run(struct distributor *me, struct cb_db *db, struct job *job, struct cb_error *err)
{
    (void)me;
    (void)db;
    struct transfer *transfer = job->detail;
    if (transfer->source == NULL)
        return cb_fail(err, CB_ERR_NOT_FOUND, "no storage element has %s:%s", transfer->scope,
                       transfer->name);
    bool carried = carry_file(transfer->source, transfer->target, &transfer->facts, cb_work_cancelled,
                              &transfer->moved, err);
    cb_metric_add("calbus_distributor_bytes_total", (double)transfer->moved,
                  CB_LABELS({ "destination", transfer->destination_rse }));
    return carried;
}

static struct transfer_state state_of(const struct job *job, const char *error)
{
    const struct transfer *transfer = job->detail;
    return (struct transfer_state){ .id = job->id,
                                    .rule_id = transfer->rule_id,
                                    .scope = transfer->scope,
                                    .name = transfer->name,
                                    .source_rse = transfer->source_rse,
                                    .destination_rse = transfer->destination_rse,
                                    .adler32 = transfer->facts.adler32,
                                    .error = error,
                                    .bytes = transfer->facts.bytes,
                                    .attempt = job->failures + 1 };
}

/* Rules first, then what hangs on them: everybody takes these locks in this order. */
static bool end_transfer(struct distributor *me, struct cb_db *db, const struct job *job, const char *state,
                         const char *lock_state, const char *replica_state, const char *error,
                         struct cb_error *err)
{
    const struct transfer *transfer = job->detail;
    cb_auto(cb_rows_free) struct cb_rows *rules = NULL;
    if (!lock_rules_of_file(db, transfer->scope, transfer->name, transfer->destination_rse, &rules, err) ||
        !cb_db_run(db, sql_end_transfer,
                   CB_P(cb_p_text(job->id), cb_p_text(state), cb_p_text(lock_state), cb_p_text(replica_state),
                        cb_p_text(error), cb_p_text(transfer->source_rse)),
                   NULL, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rules); i++)
        if (!settle_rule(me, db, cb_rows_text(rules, i, 0), error, err))
            return false;
    return true;
}

static bool transfer_done(struct distributor *me, struct cb_db *db, struct job *job, struct cb_error *err)
{
    struct transfer_state state = state_of(job, "");
    return say_transfer_done(db, &state, err) &&
           end_transfer(me, db, job, "DONE", "OK", "AVAILABLE", "", err);
}

static bool transfer_failed(struct distributor *me, struct cb_db *db, struct job *job,
                            const struct cb_error *outcome, int64_t *ret_again_ms, struct cb_error *err)
{
    const struct transfer *transfer = job->detail;
    int64_t failures = job->failures + 1;
    bool give_up = transfer->source == NULL || failures >= me->config.attempts;
    struct transfer_state state = state_of(job, outcome->text);
    *ret_again_ms = give_up ? -1 : retry_pause_ms(&me->config, failures);
    if (!say_transfer_failed(db, &state, err) ||
        !cb_db_run(db, sql_note_failure,
                   CB_P(cb_p_text(job->id), cb_p_text(transfer->source_rse), cb_p_text(outcome->text)), NULL,
                   err))
        return false;
    return !give_up || end_transfer(me, db, job, "FAILED", "STUCK", "UNAVAILABLE", outcome->text, err);
}

const struct job_kind transfer_kind = {
    .name = "TRANSFER",
    .load = transfer_load,
    .run = transfer_run,
    .done = transfer_done,
    .failed = transfer_failed,
    .release = transfer_release,
};
