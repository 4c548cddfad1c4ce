/* The end of a quantum: its datasets, those that waited for it, and its run, in one transaction. */
#include "base/alloc.h"
#include "butler/datasets.h"
#include "domain/data_id.h"
#include "engine/call_state.h"
#include "engine/quantum.h"
#include "engine_sql.h"
#include "io/digest.h"

#include <stdlib.h>
#include <string.h>

#define CB_RETRY_MS 2000 /* first pause before a quantum is tried again; doubles */

static bool data_id_of(const struct cb_run *run, const struct cb_call_output *output,
                       struct cb_data_id *ret_id, struct cb_error *err)
{
    *ret_id = (struct cb_data_id){ 0 };
    if (!cb_data_id_set(ret_id, CB_INSTRUMENT, run->instrument, err))
        return false;
    if (output->detector >= 0)
        cb_data_id_set_number(ret_id, CB_DETECTOR, output->detector);
    if (output->exposure >= 0)
        cb_data_id_set_number(ret_id, CB_EXPOSURE, output->exposure);
    return output->physical_filter == NULL ||
           cb_data_id_set(ret_id, CB_PHYSICAL_FILTER, output->physical_filter, err);
}

/* Put all outputs of one dataset type. */
static bool put_type(struct cb_repo *repo, const struct cb_quantum *quantum, const char *dataset_type,
                     struct cb_error *err)
{
    const struct cb_call_state *state = quantum->state;
    const struct cb_put_options options = { .transfer = CB_TRANSFER_MOVE };
    cb_auto(cb_free) struct cb_put *puts = cb_xalloc_array(state->outputs, sizeof *puts);
    cb_auto(cb_free) struct cb_data_id *ids = cb_xalloc_array(state->outputs, sizeof *ids);
    size_t n = 0;

    for (size_t i = 0; i < state->outputs; i++) {
        const struct cb_call_output *output = &state->output[i];
        if (strcmp(output->dataset_type, dataset_type) != 0)
            continue;
        if (!data_id_of(&quantum->run, output, &ids[n], err))
            return false;
        puts[n] = (struct cb_put){ .data_id = &ids[n], .id = output->id, .file = output->path };
        n++;
    }
    return cb_dataset_put(repo, dataset_type, quantum->run.output_run, puts, n, &options, NULL, err);
}

static bool is_first_of_type(const struct cb_call_state *state, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (strcmp(state->output[k].dataset_type, state->output[i].dataset_type) == 0)
            return false;
    }
    return true;
}

static bool mark_output(struct cb_db *db, struct cb_call_output *output, struct cb_error *err)
{
    return cb_db_run(db, engine_sql_mark_output,
                     CB_P(cb_p_text(output->id), cb_p_int(output->size_bytes), cb_p_text(output->sha256)),
                     NULL, err);
}

/* Files that a task wrote by itself have no checksum yet. */
static bool complete_output(struct cb_call_output *output, struct cb_error *err)
{
    struct cb_digest digest;

    if (output->sha256[0] != '\0')
        return true;
    if (!cb_digest_sha256(output->path, &digest, err))
        return false;
    output->size_bytes = digest.size_bytes;
    memcpy(output->sha256, digest.sha256, sizeof output->sha256);
    return true;
}

static bool put_outputs(struct cb_repo *repo, struct cb_db *db, struct cb_quantum *quantum,
                        struct cb_error *err)
{
    struct cb_call_state *state = quantum->state;

    for (size_t i = 0; i < state->outputs; i++) {
        if (!complete_output(&state->output[i], err))
            return false;
    }
    for (size_t i = 0; i < state->outputs; i++) {
        if (is_first_of_type(state, i) && !put_type(repo, quantum, state->output[i].dataset_type, err))
            return false;
    }
    for (size_t i = 0; i < state->outputs; i++) {
        if (!mark_output(db, &state->output[i], err))
            return false;
    }
    return true;
}

static bool end_quantum(struct cb_db *db, const struct cb_quantum *quantum, const char *state,
                        const char *error, struct cb_error *err)
{
    return cb_db_run(db, engine_sql_end_quantum,
                     CB_P(cb_p_text(quantum->id), cb_p_text(state), cb_p_text(error),
                          cb_p_double(quantum->wall_s), cb_p_double(quantum->cpu_s),
                          cb_p_int(quantum->peak_rss_kb)),
                     NULL, err);
}

/* Let go what waited for it. */
static bool ready_others(struct cb_db *db, const struct cb_quantum *quantum, bool *ret_made_ready,
                         struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;

    if (!cb_db_run(db, engine_sql_ready_quanta, CB_P(cb_p_text(quantum->id)), &rows, err))
        return false;
    *ret_made_ready = false;
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        *ret_made_ready = *ret_made_ready || strcmp(cb_rows_text(rows, i, 1), "ready") == 0;
    return true;
}

static bool succeed(const struct cb_engine *engine, struct cb_db *db, struct cb_quantum *quantum,
                    bool *ret_made_ready, struct cb_error *err)
{
    struct cb_repo_index index = { 0 };
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;

    if (engine->repository_index != NULL && !cb_repo_index_read(engine->repository_index, &index, err))
        return false;
    bool open = cb_repo_open(quantum->run.repository, &index, db, &repo, err);
    cb_repo_index_done(&index);
    return open && put_outputs(repo, db, quantum, err) && end_quantum(db, quantum, "succeeded", "", err) &&
           ready_others(db, quantum, ret_made_ready, err);
}

static bool fail_for_good(struct cb_db *db, const struct cb_quantum *quantum, const char *why,
                          struct cb_error *err)
{
    return end_quantum(db, quantum, "failed", why, err) &&
           cb_db_run(db, engine_sql_skip_quanta, CB_P(cb_p_text(quantum->id)), NULL, err);
}

/* Try again later, as long as there are attempts left. */
static bool let_go(struct cb_db *db, const struct cb_quantum *quantum, const char *why, struct cb_error *err)
{
    int64_t shift = quantum->attempts < 6 ? quantum->attempts : 6;
    int64_t pause_ms = quantum->interrupted ? 0 : CB_RETRY_MS << shift >> 1;

    return cb_db_run(db, engine_sql_release_quantum,
                     CB_P(cb_p_text(quantum->id), cb_p_int(pause_ms), cb_p_text(why),
                          cb_p_int(quantum->interrupted ? 1 : 0)),
                     NULL, err);
}

static bool is_ours(struct cb_db *db, const struct cb_quantum *quantum, bool *ret_ours, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;

    if (!cb_db_run(db, engine_sql_lock_quantum, CB_P(cb_p_text(quantum->id), cb_p_int(quantum->token)), &rows,
                   err))
        return false;
    *ret_ours = cb_rows_count(rows) > 0;
    return true;
}

bool cb_run_settle(struct cb_db *db, const char *run_id, bool *ret_ended, struct cb_run *ret_run,
                   struct cb_run_counts *ret_counts, struct cb_error *err)
{
    char state[16] = "";

    *ret_ended = false;
    if (!cb_run_lock(db, run_id, state, err) || !cb_run_count(db, run_id, ret_counts, err))
        return false;
    if (strcmp(state, "running") != 0 || ret_counts->open > 0)
        return true;
    bool failed = ret_counts->failed + ret_counts->skipped > 0;
    if (!cb_run_end(db, run_id, failed ? "failed" : "succeeded", ret_counts->error, err) ||
        !cb_run_load(db, run_id, ret_run, err))
        return false;
    *ret_ended = true;
    return true;
}

bool cb_quantum_finish(const struct cb_engine *engine, struct cb_db *db, struct cb_quantum *quantum,
                       const struct cb_error *outcome, struct cb_quantum_end *ret_end, struct cb_error *err)
{
    struct cb_quantum_end end = { .succeeded = outcome == NULL || outcome->kind == CB_ERR_NONE };
    bool done = false;

    if (!is_ours(db, quantum, &end.ours, err))
        return false;
    *ret_end = end;
    if (!end.ours)
        return true;
    if (end.succeeded)
        done = succeed(engine, db, quantum, &end.made_ready, err);
    else if (outcome->kind == CB_ERR_TRANSIENT &&
             (quantum->interrupted || quantum->attempts < engine->max_attempts))
        return let_go(db, quantum, outcome->text, err);
    else
        done = fail_for_good(db, quantum, outcome->text, err);
    done = done && cb_run_settle(db, quantum->run.id, &end.run_ended, &end.run, &end.counts, err);
    *ret_end = end;
    return done;
}
