/* A quantum's life in a worker: claimed under a lease, and run in a thread. */
#include "engine/quantum.h"

#include "base/alloc.h"
#include "butler/datasets.h"
#include "engine/call_state.h"
#include "engine_sql.h"
#include "io/clock.h"
#include "domain/data_id.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define CB_WORK_FOLDER                                                                                       \
    ".calbus-work" /* below the repository's root: outputs take their place by a rename                      \
                    */

static int64_t number_or_none(const struct cb_rows *rows, size_t row, size_t column)
{
    return cb_rows_is_null(rows, row, column) ? -1 : cb_rows_int(rows, row, column);
}

static void split_exposures(const char *text, struct cb_quantum *quantum)
{
    while (text != NULL && *text != '\0') {
        char *end = NULL;
        quantum->exposure =
            cb_xrealloc_array(quantum->exposure, quantum->exposures + 1, sizeof *quantum->exposure);
        quantum->exposure[quantum->exposures++] = strtoll(text, &end, 10);
        text = *end == ',' ? end + 1 : NULL;
    }
}

static struct cb_quantum *quantum_of(const struct cb_rows *rows)
{
    struct cb_quantum *quantum = cb_xalloc(sizeof *quantum);

    snprintf(quantum->id, sizeof quantum->id, "%s", cb_rows_text(rows, 0, 0));
    quantum->token = cb_rows_int(rows, 0, 2);
    quantum->attempts = cb_rows_int(rows, 0, 3);
    quantum->label = cb_xstrdup(cb_rows_text(rows, 0, 4));
    quantum->detector = number_or_none(rows, 0, 5);
    quantum->physical_filter = cb_xstrdup(cb_rows_text(rows, 0, 6));
    quantum->band = cb_xstrdup(cb_rows_text(rows, 0, 7));
    split_exposures(cb_rows_text(rows, 0, 8), quantum);
    quantum->state = cb_xalloc(sizeof *quantum->state);
    return quantum;
}

bool cb_quantum_claim(const struct cb_engine *engine, struct cb_db *db, const char *owner,
                      struct cb_quantum **ret_quantum, struct cb_run *ret_ended_run, bool *ret_ended,
                      struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;

    *ret_quantum = NULL;
    *ret_ended = false;
    if (!cb_db_run(db, engine_sql_claim_quantum,
                   CB_P(cb_p_text(engine->name), cb_p_text(owner), cb_p_int(engine->lease_ms)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true;
    struct cb_quantum *quantum = quantum_of(rows);
    if (!cb_run_load(db, cb_rows_text(rows, 0, 1), &quantum->run, err)) {
        cb_quantum_release(quantum);
        return false;
    }
    if (quantum->attempts <= engine->max_attempts) {
        *ret_quantum = quantum;
        return true;
    }
    struct cb_quantum_end end = { 0 };
    struct cb_error lost = { 0 };
    cb_fail(&lost, CB_ERR_INVALID, "its worker was lost %lld times", (long long)engine->max_attempts);
    bool done = cb_quantum_finish(engine, db, quantum, &lost, &end, err);
    cb_quantum_release(quantum);
    *ret_ended = done && end.run_ended;
    *ret_ended_run = end.run;
    return done;
}

/* Rows of quantum_input, with the files they name. */
struct inputs {
    struct cb_rows *rows;
    struct cb_call_input *at;
    size_t count;
    char **path;
};

static void inputs_done(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        free(inputs->path[i]);
    free(inputs->path);
    free(inputs->at);
    cb_rows_free(inputs->rows);
}

static bool find_files(struct cb_repo *repo, struct inputs *inputs, struct cb_error *err)
{
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    cb_auto(cb_free) const char **ids = cb_xalloc_array(inputs->count + 1, sizeof *ids);

    for (size_t i = 0; i < inputs->count; i++)
        ids[i] = inputs->at[i].id;
    if (!cb_dataset_get(repo, ids, inputs->count, &list, err))
        return false;
    for (size_t i = 0; i < inputs->count; i++) {
        if (!cb_dataset_file(repo, &list.item[i], &inputs->path[i], err))
            return cb_context(err, "%s %s", inputs->at[i].dataset_type, inputs->at[i].id);
        inputs->at[i].path = inputs->path[i];
    }
    return true;
}

static bool load_inputs(struct cb_repo *repo, struct cb_db *db, const struct cb_quantum *quantum,
                        struct inputs *inputs, struct cb_error *err)
{
    if (!cb_db_run(db, engine_sql_load_inputs, CB_P(cb_p_text(quantum->id)), &inputs->rows, err))
        return false;
    inputs->count = cb_rows_count(inputs->rows);
    inputs->at = cb_xalloc_array(inputs->count + 1, sizeof *inputs->at);
    inputs->path = cb_xalloc_array(inputs->count + 1, sizeof *inputs->path);
    for (size_t i = 0; i < inputs->count; i++) {
        struct cb_call_input *input = &inputs->at[i];
        input->connection = cb_rows_text(inputs->rows, i, 0);
        input->dataset_type = cb_rows_text(inputs->rows, i, 1);
        snprintf(input->id, sizeof input->id, "%s", cb_rows_text(inputs->rows, i, 2));
        input->run = cb_rows_text(inputs->rows, i, 3);
        input->data_id = (struct cb_call_id){
            .instrument = quantum->run.instrument,
            .detector = number_or_none(inputs->rows, i, 4),
            .exposure = number_or_none(inputs->rows, i, 5),
            .physical_filter = cb_rows_text(inputs->rows, i, 6),
            .band = cb_rows_text(inputs->rows, i, 7),
        };
    }
    return find_files(repo, inputs, err);
}

static bool load_outputs(struct cb_db *db, struct cb_quantum *quantum, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct cb_call_state *state = quantum->state;

    if (!cb_db_run(db, engine_sql_load_outputs, CB_P(cb_p_text(quantum->id)), &rows, err))
        return false;
    state->outputs = cb_rows_count(rows);
    state->output = cb_xalloc_array(state->outputs + 1, sizeof *state->output);
    for (size_t i = 0; i < state->outputs; i++) {
        struct cb_call_output *output = &state->output[i];
        output->connection = cb_xstrdup(cb_rows_text(rows, i, 0));
        output->dataset_type = cb_xstrdup(cb_rows_text(rows, i, 1));
        snprintf(output->id, sizeof output->id, "%s", cb_rows_text(rows, i, 2));
        output->detector = number_or_none(rows, i, 3);
        output->exposure = number_or_none(rows, i, 4);
        output->physical_filter = cb_xstrdup(cb_rows_text(rows, i, 5));
        output->band = cb_xstrdup(cb_rows_text(rows, i, 6));
    }
    return true;
}

/* Does an input belong to the data ID that is being done? Inputs of other exposures do not. */
static bool belongs(const struct cb_quantum *quantum, const struct cb_call_input *input, int64_t exposure)
{
    return quantum->exposures == 0 || input->data_id.exposure < 0 || input->data_id.exposure == exposure;
}

static bool run_one(struct cb_call *call, const struct cb_quantum *quantum, const struct inputs *inputs,
                    int64_t exposure, struct cb_error *err)
{
    cb_auto(cb_free) struct cb_call_input *own = cb_xalloc_array(inputs->count + 1, sizeof *own);

    call->input = own;
    call->inputs = 0;
    call->id.exposure = exposure;
    for (size_t i = 0; i < inputs->count; i++) {
        if (belongs(quantum, &inputs->at[i], exposure))
            own[call->inputs++] = inputs->at[i];
    }
    bool done = call->task->class->run(call, err);
    call->input = NULL;
    return done;
}

static bool run_all(struct cb_call *call, struct cb_quantum *quantum, const struct inputs *inputs,
                    bool (*cancelled)(void), struct cb_error *err)
{
    size_t calls = quantum->exposures > 0 ? quantum->exposures : 1;

    for (size_t i = 0; i < calls; i++) {
        if (cancelled != NULL && cancelled()) {
            quantum->interrupted = true;
            return cb_fail(err, CB_ERR_TRANSIENT, "interrupted");
        }
        if (!run_one(call, quantum, inputs, quantum->exposures > 0 ? quantum->exposure[i] : -1, err))
            return false;
    }
    for (size_t i = 0; i < quantum->state->outputs; i++) {
        if (quantum->state->output[i].path == NULL)
            return cb_fail(err, CB_ERR_INVALID, "task \"%s\" did not write its output \"%s\"", quantum->label,
                           quantum->state->output[i].connection);
    }
    return true;
}

static bool run_in(struct cb_repo *repo, struct cb_db *db, struct cb_quantum *quantum,
                   bool (*cancelled)(void), struct cb_error *err)
{
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = NULL;
    struct inputs inputs = { 0 };
    struct cb_call_state *state = quantum->state;

    if (!cb_pipeline_parse(quantum->run.pipeline, quantum->run.output_run, &pipeline, err))
        return false;
    struct cb_call call = {
        .run_id = quantum->run.id,
        .pipeline = pipeline,
        .task = cb_pipeline_find(pipeline, quantum->label),
        .id = { .instrument = quantum->run.instrument,
                .detector = quantum->detector,
                .exposure = -1,
                .physical_filter = quantum->physical_filter,
                .band = quantum->band },
        .now_tai_ns = cb_clock_tai_ns(),
        .state = state,
    };
    if (call.task == NULL)
        return cb_fail(err, CB_ERR_INVALID, "the pipeline has no task \"%s\"", quantum->label);
    call.config = call.task->config;
    state->db = db;
    free(state->folder);
    state->folder =
        cb_xasprintf("%s/" CB_WORK_FOLDER "/%s.%lld", repo->root, quantum->id, (long long)quantum->token);
    bool done = load_inputs(repo, db, quantum, &inputs, err) && load_outputs(db, quantum, err) &&
                run_all(&call, quantum, &inputs, cancelled, err);
    inputs_done(&inputs);
    state->db = NULL;
    return done;
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

/* The peak of memory is that of a quantum, not that of all before it in this process. Where the system does
 * not allow it, the peak stays that of the process. */
static void forget_peak(void)
{
    int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    ssize_t ignored = write(file, "5", 1);
    (void)ignored;
    close(file);
}

bool cb_quantum_run(const struct cb_engine *engine, struct cb_db *db, struct cb_quantum *quantum,
                    bool (*cancelled)(void), struct cb_error *err)
{
    struct cb_repo_index index = { 0 };
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    struct rusage before, after;
    int64_t begin_ms = cb_clock_monotonic_ms();

    if (engine->repository_index != NULL && !cb_repo_index_read(engine->repository_index, &index, err))
        return false;
    bool done = cb_repo_open(quantum->run.repository, &index, db, &repo, err);
    cb_repo_index_done(&index);
    if (!done)
        return false;
    forget_peak();
    getrusage(RUSAGE_THREAD, &before);
    done = run_in(repo, db, quantum, cancelled, err);
    getrusage(RUSAGE_THREAD, &after);
    quantum->wall_s = (double)(cb_clock_monotonic_ms() - begin_ms) / 1000.0;
    quantum->cpu_s = seconds_of(after.ru_utime) + seconds_of(after.ru_stime) - seconds_of(before.ru_utime) -
                     seconds_of(before.ru_stime);
    quantum->peak_rss_kb = after.ru_maxrss;
    if (!done && cancelled != NULL && cancelled())
        quantum->interrupted = true;
    return done;
}

bool cb_quantum_extend(const struct cb_engine *engine, struct cb_db *db, const struct cb_quantum *quantum,
                       bool *ret_ours, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;

    if (!cb_db_run(db, engine_sql_extend_quantum,
                   CB_P(cb_p_text(quantum->id), cb_p_int(quantum->token), cb_p_int(engine->lease_ms)), &rows,
                   err))
        return false;
    *ret_ours = cb_rows_count(rows) > 0;
    return true;
}

/* Remove a flat folder of temporary files. */
static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    closedir(dir);
    rmdir(folder);
}

/* Our own files, and what workers left that lost this quantum before. */
static void remove_files(const struct cb_quantum *quantum)
{
    const char *folder = quantum->state->folder;
    if (folder == NULL)
        return;
    const char *dot = strrchr(folder, '.');
    for (int64_t token = quantum->token; dot != NULL && token > 0 && token > quantum->token - 8; token--) {
        cb_auto(cb_free) char *other =
            cb_xasprintf("%.*s.%lld", (int)(dot - folder), folder, (long long)token);
        remove_folder(other);
    }
}

void cb_quantum_release(struct cb_quantum *quantum)
{
    if (quantum == NULL)
        return;
    remove_files(quantum);
    cb_call_state_done(quantum->state);
    free(quantum->state);
    free(quantum->label);
    free(quantum->physical_filter);
    free(quantum->band);
    free(quantum->exposure);
    cb_run_done(&quantum->run);
    free(quantum);
}
