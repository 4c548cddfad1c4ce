/* Runs and quanta as rows of calbus.run and calbus.quantum. */
#include "engine/run_store.h"

#include "base/alloc.h"
#include "base/json.h"
#include "engine_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CB_PLAN_TEXT_MAX (512U << 20)

void cb_run_done(struct cb_run *run)
{
    char **texts[] = { &run->engine,
                       &run->kind,
                       &run->state,
                       &run->repository,
                       &run->instrument,
                       &run->name,
                       &run->ticket,
                       &run->pipeline,
                       &run->template,
                       &run->inputs,
                       &run->where,
                       &run->output_run,
                       &run->output_collection,
                       &run->dataset_type,
                       &run->physical_filter,
                       &run->options,
                       &run->requested_by,
                       &run->error };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        free(*texts[i]);
        *texts[i] = NULL;
    }
}

static struct cb_param text_or_empty(const char *text)
{
    return cb_p_text(text != NULL ? text : "");
}

bool cb_run_insert(struct cb_db *db, const struct cb_run *run, struct cb_error *err)
{
    return cb_db_run(
        db, engine_sql_insert_run,
        CB_P(cb_p_text(run->id), cb_p_text(run->engine),
             cb_p_text(run->kind != NULL ? run->kind : "campaign"), text_or_empty(run->repository),
             text_or_empty(run->instrument), text_or_empty(run->name), text_or_empty(run->ticket),
             text_or_empty(run->pipeline), text_or_empty(run->template), text_or_empty(run->inputs),
             text_or_empty(run->where), text_or_empty(run->output_run), text_or_empty(run->output_collection),
             text_or_empty(run->dataset_type), text_or_empty(run->physical_filter),
             cb_p_text(run->options != NULL ? run->options : "{}"), text_or_empty(run->requested_by)),
        NULL, err);
}

bool cb_run_load(struct cb_db *db, const char *id_or_output_run, struct cb_run *ret_run, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct cb_uuid uuid;
    bool is_id = cb_uuid_parse(id_or_output_run, &uuid);
    struct cb_run run = { 0 };

    if (!cb_db_run(db, engine_sql_load_run,
                   CB_P(cb_p_text(is_id ? id_or_output_run : NULL), cb_p_text(id_or_output_run)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "there is no run \"%s\"", id_or_output_run);
    snprintf(run.id, sizeof run.id, "%s", cb_rows_text(rows, 0, 0));
    char **texts[] = { &run.engine,       &run.kind,
                       &run.state,        &run.repository,
                       &run.instrument,   &run.name,
                       &run.ticket,       &run.pipeline,
                       &run.inputs,       &run.where,
                       &run.output_run,   &run.output_collection,
                       &run.dataset_type, &run.physical_filter,
                       &run.options,      &run.requested_by,
                       &run.error };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = cb_xstrdup(cb_rows_text(rows, 0, i + 1));
    *ret_run = run;
    return true;
}

bool cb_run_lock(struct cb_db *db, const char *id, char ret_state[16], struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;

    if (!cb_db_run(db, engine_sql_lock_run, CB_P(cb_p_text(id)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "there is no run %s", id);
    snprintf(ret_state, 16, "%s", cb_rows_text(rows, 0, 0));
    return true;
}

bool cb_run_count(struct cb_db *db, const char *id, struct cb_run_counts *ret_counts, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;

    if (!cb_db_run(db, engine_sql_count_quanta, CB_P(cb_p_text(id)), &rows, err))
        return false;
    *ret_counts = (struct cb_run_counts){
        .open = cb_rows_int(rows, 0, 0),
        .succeeded = cb_rows_int(rows, 0, 1),
        .failed = cb_rows_int(rows, 0, 2),
        .skipped = cb_rows_int(rows, 0, 3),
        .all = cb_rows_int(rows, 0, 4),
    };
    snprintf(ret_counts->error, sizeof ret_counts->error, "%s", cb_rows_text(rows, 0, 5));
    return true;
}

static void put_number(struct cb_json *json, const char *key, int64_t value)
{
    if (value < 0)
        cb_json_null(json, key);
    else
        cb_json_int(json, key, value);
}

static int64_t memory_of(const struct cb_template *resources, const char *label)
{
    for (size_t i = 0; resources != NULL && i < resources->resource_count; i++) {
        if (strcmp(resources->resources[i].label, label) == 0)
            return resources->resources[i].memory_mb;
    }
    return 0;
}

static void put_quantum(struct cb_json *json, const struct cb_run *run,
                        const struct cb_graph_quantum *quantum, size_t ordinal,
                        const struct cb_template *resources)
{
    cb_json_open(json, NULL, '{');
    cb_json_str(json, "id", quantum->id);
    cb_json_str(json, "run_id", run->id);
    cb_json_str(json, "engine", run->engine);
    cb_json_str(json, "label", quantum->task->label);
    cb_json_int(json, "ordinal", (int64_t)ordinal);
    put_number(json, "detector", quantum->detector);
    cb_json_str(json, "physical_filter", quantum->physical_filter);
    cb_json_str(json, "band", quantum->band);
    cb_json_open(json, "exposures", '[');
    for (size_t i = 0; i < quantum->exposures; i++)
        cb_json_int(json, NULL, quantum->exposure[i]);
    cb_json_close(json);
    cb_json_int(json, "waits_for", (int64_t)quantum->need_count);
    cb_json_int(json, "memory_mb", memory_of(resources, quantum->task->label));
    cb_json_close(json);
}

static void put_dataset(struct cb_json *json, const char *quantum_id, size_t ordinal,
                        const struct cb_graph_dataset *dataset)
{
    cb_json_open(json, NULL, '{');
    cb_json_str(json, "quantum_id", quantum_id);
    cb_json_int(json, "ordinal", (int64_t)ordinal);
    cb_json_str(json, "connection", dataset->connection);
    cb_json_str(json, "dataset_type", dataset->dataset_type);
    cb_json_str(json, "dataset_id", dataset->dataset_id);
    cb_json_str(json, "run", dataset->run);
    put_number(json, "detector", dataset->detector);
    put_number(json, "exposure", dataset->exposure);
    cb_json_str(json, "physical_filter", dataset->physical_filter);
    cb_json_str(json, "band", dataset->band);
    cb_json_close(json);
}

static void put_needs(struct cb_json *json, const struct cb_graph *graph,
                      const struct cb_graph_quantum *quantum)
{
    for (size_t i = 0; i < quantum->need_count; i++) {
        cb_json_open(json, NULL, '{');
        cb_json_str(json, "quantum_id", quantum->id);
        cb_json_str(json, "needs_id", graph->quantum[quantum->needs[i]].id);
        cb_json_close(json);
    }
}

static bool insert_json(struct cb_db *db, const char *sql, struct cb_json *json, struct cb_error *err)
{
    cb_json_close(json);
    if (!cb_bytes_ok(json->out))
        return cb_fail(err, CB_ERR_INVALID, "the plan is too long to be stored");
    return cb_db_run(db, sql, CB_P(cb_p_text(cb_bytes_text(json->out))), NULL, err);
}

static bool insert_plan(struct cb_db *db, const struct cb_run *run, const struct cb_graph *graph,
                        const struct cb_template *resources, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes quanta = CB_BYTES(CB_PLAN_TEXT_MAX), needs = CB_BYTES(CB_PLAN_TEXT_MAX),
                                  inputs = CB_BYTES(CB_PLAN_TEXT_MAX), outputs = CB_BYTES(CB_PLAN_TEXT_MAX);
    struct cb_json quantum_json = CB_JSON(&quanta), need_json = CB_JSON(&needs),
                   input_json = CB_JSON(&inputs), output_json = CB_JSON(&outputs);
    struct cb_json *all[] = { &quantum_json, &need_json, &input_json, &output_json };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        cb_json_open(all[i], NULL, '[');
    for (size_t q = 0; q < graph->quanta; q++) {
        const struct cb_graph_quantum *quantum = &graph->quantum[q];
        put_quantum(&quantum_json, run, quantum, q, resources);
        put_needs(&need_json, graph, quantum);
        for (size_t i = 0; i < quantum->inputs; i++)
            put_dataset(&input_json, quantum->id, i, &quantum->input[i]);
        for (size_t i = 0; i < quantum->outputs; i++)
            put_dataset(&output_json, quantum->id, i, &quantum->output[i]);
    }
    return insert_json(db, engine_sql_insert_quanta, &quantum_json, err) &&
           insert_json(db, engine_sql_insert_needs, &need_json, err) &&
           insert_json(db, engine_sql_insert_inputs, &input_json, err) &&
           insert_json(db, engine_sql_insert_outputs, &output_json, err);
}

bool cb_run_start(struct cb_db *db, const struct cb_run *run, const struct cb_graph *graph,
                  const struct cb_template *resources, struct cb_error *err)
{
    return insert_plan(db, run, graph, resources, err) &&
           cb_db_run(db, engine_sql_start_run,
                     CB_P(cb_p_text(run->id), cb_p_int((int64_t)graph->quanta),
                          text_or_empty(run->instrument), text_or_empty(run->dataset_type),
                          text_or_empty(run->physical_filter)),
                     NULL, err);
}

bool cb_run_end(struct cb_db *db, const char *id, const char *state, const char *error, struct cb_error *err)
{
    return cb_db_run(db, engine_sql_end_run, CB_P(cb_p_text(id), cb_p_text(state), cb_p_text(error)), NULL,
                     err);
}

bool cb_run_cancel(struct cb_db *db, const char *id, const char *why, struct cb_error *err)
{
    char state[16] = "";

    if (!cb_run_lock(db, id, state, err))
        return false;
    if (strcmp(state, "requested") != 0 && strcmp(state, "running") != 0)
        return cb_fail(err, CB_ERR_CONFLICT, "run %s has ended already: %s", id, state);
    return cb_db_run(db, engine_sql_cancel_quanta, CB_P(cb_p_text(id)), NULL, err) &&
           cb_run_end(db, id, "cancelled", why, err);
}

bool cb_run_retry(struct cb_db *db, const char *id, struct cb_error *err)
{
    char state[16] = "";

    if (!cb_run_lock(db, id, state, err))
        return false;
    struct cb_run_counts counts;
    if (!cb_run_count(db, id, &counts, err))
        return false;
    if ((strcmp(state, "failed") != 0 && strcmp(state, "cancelled") != 0) || counts.all == 0)
        return cb_fail(err, CB_ERR_CONFLICT, "run %s cannot be tried again: it is %s%s", id, state,
                       counts.all == 0 ? " and was never planned; submit it anew" : "");
    return cb_db_run(db, engine_sql_retry_quanta, CB_P(cb_p_text(id)), NULL, err) &&
           cb_db_run(db, engine_sql_reopen_run, CB_P(cb_p_text(id)), NULL, err);
}
