/* Planning a run. */
#include "engine/plan.h"

#include "base/alloc.h"
#include "butler/datasets.h"
#include "domain/data_id.h"
#include "engine_sql.h"

#include <stdlib.h>
#include <string.h>

#define FRAME (CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR) | CB_DIM(CB_EXPOSURE))

const char *cb_plan_source(const struct cb_pipeline *pipeline)
{
    for (size_t t = 0; t < pipeline->tasks; t++) {
        const struct cb_pipeline_task *task = &pipeline->task[t];
        for (size_t i = 0; task->class->connections[i].name != NULL; i++) {
            const struct cb_connection *connection = &task->class->connections[i];
            if (connection->kind == CB_CONNECT_INPUT && connection->dims == FRAME &&
                cb_connection_is_used(connection, task->config) &&
                cb_pipeline_producer(pipeline, task->dataset_type[i]) == NULL)
                return task->dataset_type[i];
        }
    }
    return NULL;
}

const char *cb_plan_product(const struct cb_pipeline *pipeline)
{
    const char *product = "";

    for (size_t t = 0; t < pipeline->tasks; t++) {
        const struct cb_pipeline_task *task = &pipeline->task[t];
        for (size_t i = 0; task->class->connections[i].name != NULL; i++) {
            const struct cb_connection *connection = &task->class->connections[i];
            if (connection->kind == CB_CONNECT_OUTPUT && connection->is_calibration &&
                cb_connection_is_used(connection, task->config))
                product = task->dataset_type[i];
        }
    }
    return product;
}

bool cb_plan_check_output(struct cb_repo *repo, const char *output_run, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;

    if (!cb_collection_check_name(output_run, err) || !cb_repo_read(repo, &tx, err) ||
        !cb_db_run(repo->db, engine_sql_count_datasets, CB_P(cb_p_text(output_run)), &rows, err))
        return false;
    int64_t count = cb_rows_int(rows, 0, 0);
    return count == 0 ||
           cb_fail(err, CB_ERR_CONFLICT,
                   "RUN collection \"%s\" holds %lld datasets already: change BOOTSTRAP_RUN_NUMBER "
                   "(or RERUN) and submit again",
                   output_run, (long long)count);
}

/* Look-ups along the run's inputs, one finder for each dataset type. */
struct search {
    struct cb_repo *repo;
    const char *instrument;
    const struct cb_texts *inputs;
    struct {
        char *dataset_type;
        struct cb_finder *finder; /* NULL: no such dataset type */
        uint32_t dims;
    } * open;
    size_t count;
};

static bool open_finder(struct search *search, const char *dataset_type, size_t *ret_place,
                        struct cb_error *err)
{
    cb_auto_dataset_type struct cb_dataset_type type = { 0 };
    struct cb_error absent = { 0 };
    struct cb_finder *finder = NULL;

    for (size_t i = 0; i < search->count; i++) {
        if (strcmp(search->open[i].dataset_type, dataset_type) == 0) {
            *ret_place = i;
            return true;
        }
    }
    if (cb_dataset_type_find(search->repo, dataset_type, &type, &absent)) {
        if (!cb_finder_open(search->repo, dataset_type, (const char *const *)search->inputs->at,
                            search->inputs->count, &finder, err))
            return false;
    } else if (absent.kind != CB_ERR_NOT_FOUND) {
        if (err != NULL)
            *err = absent;
        return false;
    }
    search->open = cb_xrealloc_array(search->open, search->count + 1, sizeof *search->open);
    search->open[search->count].dataset_type = cb_xstrdup(dataset_type);
    search->open[search->count].finder = finder;
    search->open[search->count].dims = type.dims;
    *ret_place = search->count++;
    return true;
}

static void search_done(struct search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        free(search->open[i].dataset_type);
        cb_finder_close(search->open[i].finder);
    }
    free(search->open);
}

static bool key_to_id(const struct search *search, const struct cb_lookup_key *key, struct cb_data_id *ret_id,
                      struct cb_error *err)
{
    *ret_id = (struct cb_data_id){ 0 };
    if (!cb_data_id_set(ret_id, CB_INSTRUMENT, search->instrument, err))
        return false;
    if (key->detector >= 0)
        cb_data_id_set_number(ret_id, CB_DETECTOR, key->detector);
    if (key->exposure >= 0)
        cb_data_id_set_number(ret_id, CB_EXPOSURE, key->exposure);
    return key->physical_filter == NULL ||
           cb_data_id_set(ret_id, CB_PHYSICAL_FILTER, key->physical_filter, err);
}

static bool find(void *self, const char *dataset_type, const struct cb_lookup_key *keys, size_t n,
                 struct cb_lookup_answer *ret_answer, struct cb_error *err)
{
    struct search *search = self;
    size_t place = 0;

    if (!open_finder(search, dataset_type, &place, err))
        return false;
    if (search->open[place].finder == NULL)
        return true;
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    cb_auto(cb_free) struct cb_data_id *ids = cb_xalloc_array(n, sizeof *ids);
    cb_auto(cb_free) struct cb_timespan *spans = cb_xalloc_array(n, sizeof *spans);
    cb_auto(cb_free) size_t *found = cb_xalloc_array(n, sizeof *found);
    for (size_t i = 0; i < n; i++) {
        if (!key_to_id(search, &keys[i], &ids[i], err))
            return false;
        spans[i] = keys[i].when;
    }
    if (!cb_finder_find_many(search->open[place].finder, ids, spans, n, found, &list, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (found[i] == SIZE_MAX)
            continue;
        memcpy(ret_answer[i].dataset_id, list.item[found[i]].id, sizeof ret_answer[i].dataset_id);
        ret_answer[i].run = cb_xstrdup(list.item[found[i]].run);
    }
    return true;
}

static const char *connection_type(const struct cb_pipeline_task *task,
                                   const struct cb_connection *connection)
{
    return task->dataset_type[connection - task->class->connections];
}

/* Dataset types of everything that will be written. */
static bool register_types(struct cb_repo *repo, const struct cb_pipeline *pipeline,
                           const struct cb_graph *graph, struct cb_error *err)
{
    struct cb_texts written = { 0 };
    bool done = true;

    for (size_t q = 0; q < graph->quanta; q++) {
        for (size_t i = 0; i < graph->quantum[q].outputs; i++) {
            const char *type = graph->quantum[q].output[i].dataset_type;
            if (!cb_texts_has(&written, type))
                cb_texts_add(&written, type, strlen(type));
        }
    }
    for (size_t t = 0; done && t < pipeline->tasks; t++) {
        const struct cb_pipeline_task *task = &pipeline->task[t];
        for (const struct cb_connection *connection = task->class->connections;
             done && connection->name != NULL; connection++) {
            const char *type = connection_type(task, connection);
            if (connection->kind == CB_CONNECT_OUTPUT && cb_texts_has(&written, type))
                done = cb_dataset_type_register(repo, type, connection->dims, connection->storage_class,
                                                connection->is_calibration, NULL, err);
        }
    }
    cb_texts_done(&written);
    return done;
}

/* RUN, and the CHAINED collection that shows it first and then where its inputs came from. */
static bool register_collections(struct cb_repo *repo, const struct cb_run *run,
                                 const struct cb_texts *inputs, struct cb_error *err)
{
    cb_auto(cb_free) const char **children = cb_xalloc_array(inputs->count + 1, sizeof *children);
    size_t count = 0;

    if (!cb_collection_register(repo, run->output_run, CB_COLLECTION_RUN, NULL, NULL, err))
        return false;
    if (*run->output_collection == '\0' || strcmp(run->output_collection, run->output_run) == 0)
        return true;
    children[count++] = run->output_run;
    for (size_t i = 0; i < inputs->count; i++) {
        if (strcmp(inputs->at[i], run->output_collection) != 0)
            children[count++] = inputs->at[i];
    }
    return cb_collection_register(repo, run->output_collection, CB_COLLECTION_CHAINED, NULL, NULL, err) &&
           cb_chain_change(repo, run->output_collection, CB_CHAIN_REDEFINE, children, count, err);
}

static void set_text(char **text, const char *value)
{
    free(*text);
    *text = cb_xstrdup(value);
}

/* What the run makes, for its row and its events. */
static void describe(struct cb_run *run, const struct cb_pipeline *pipeline,
                     const struct cb_frame_list *frames)
{
    const char *product = cb_plan_product(pipeline), *filter = "";

    set_text(&run->instrument, frames->instrument);
    if (run->dataset_type == NULL || *run->dataset_type == '\0')
        set_text(&run->dataset_type, product);
    for (size_t t = 0; t < pipeline->tasks; t++) {
        if ((pipeline->task[t].class->dims & CB_DIM(CB_PHYSICAL_FILTER)) != 0)
            filter = frames->frame[0].physical_filter;
    }
    set_text(&run->physical_filter, filter);
}

/* Frames, look-ups and graph; the graph's quanta borrow from pipeline and frames. */
static bool build(struct cb_repo *repo, struct cb_run *run, const struct cb_pipeline *pipeline,
                  const struct cb_texts *inputs, struct cb_frame_list *frames, struct cb_graph **ret_graph,
                  struct cb_error *err)
{
    const char *source = cb_plan_source(pipeline);

    if (source == NULL)
        return cb_fail(err, CB_ERR_INVALID, "the pipeline reads no exposures");
    if (!cb_frames_query(repo, source, inputs, run->where, frames, err))
        return false;
    if (frames->count == 0)
        return cb_fail(err, CB_ERR_INVALID, "the data query selects no %s of the input collections: %s",
                       source, run->where);
    struct search search = { .repo = repo, .instrument = frames->instrument, .inputs = inputs };
    const struct cb_lookup lookup = { .self = &search, .find = find };
    bool done = cb_graph_build(pipeline, run->id, run->output_run, frames->frame, frames->count, &lookup,
                               ret_graph, err);
    search_done(&search);
    if (done)
        describe(run, pipeline, frames);
    return done;
}

/* db NULL: nothing is written. */
static bool plan(struct cb_repo *repo, struct cb_db *db, struct cb_run *run, size_t *ret_quanta,
                 struct cb_error *err)
{
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = NULL;
    cb_auto(cb_graph_free) struct cb_graph *graph = NULL;
    struct cb_texts inputs = { 0 };
    struct cb_frame_list frames = { 0 };

    cb_collections_split(run->inputs, &inputs);
    bool done = cb_pipeline_parse(run->pipeline, run->output_run, &pipeline, err) &&
                cb_plan_check_output(repo, run->output_run, err) &&
                build(repo, run, pipeline, &inputs, &frames, &graph, err);
    if (done && db != NULL)
        done = register_types(repo, pipeline, graph, err) && register_collections(repo, run, &inputs, err) &&
               cb_run_start(db, run, graph, NULL, err);
    if (done)
        *ret_quanta = graph->quanta;
    cb_texts_done(&inputs);
    cb_frame_list_done(&frames);
    return done;
}

bool cb_plan_run(struct cb_repo *repo, struct cb_db *db, struct cb_run *run, size_t *ret_quanta,
                 struct cb_error *err)
{
    return plan(repo, db, run, ret_quanta, err);
}

bool cb_plan_check(struct cb_repo *repo, struct cb_run *run, size_t *ret_quanta, struct cb_error *err)
{
    return plan(repo, NULL, run, ret_quanta, err);
}
