/* The quantum graph: from a pipeline and raw frames to pieces of work. */
#include "engine/graph.h"

#include "base/alloc.h"
#include "engine/tasks.h"

#include <stdlib.h>
#include <string.h>

/* What building needs everywhere. */
struct builder {
    const struct cb_pipeline *pipeline;
    const char *run_id, *output_run;
    const struct cb_frame *frame;
    size_t frames;
    const struct cb_lookup *lookup;
    struct cb_graph *graph;
    struct cb_texts fed; /* labels of fused tasks whose own outputs (binned images) are given to a quantum */
};

/* The frames of one quantum. */
struct group {
    const struct cb_frame **frame;
    size_t count;
};

const char *cb_main_input(const struct cb_pipeline_task *task)
{
    return cb_pipeline_dataset_type(task, task->class->connections[0].name);
}

struct cb_feed cb_feed_of(const struct cb_pipeline *pipeline, const char *dataset_type)
{
    struct cb_feed feed = { .dataset_type = dataset_type };
    const struct cb_pipeline_task *producer = cb_pipeline_producer(pipeline, dataset_type);

    while (producer != NULL && producer->class->is_fused) {
        if (producer->class == &cb_task_isr)
            feed.isr = producer;
        else
            feed.cosmic_rays = producer;
        feed.dataset_type = cb_main_input(producer);
        producer = cb_pipeline_producer(pipeline, feed.dataset_type);
    }
    return feed;
}

/* A fused task runs by itself only when nothing reads its main output, its first output connection. */
static bool is_inside_others(const struct cb_pipeline *pipeline, const struct cb_pipeline_task *task)
{
    if (!task->class->is_fused)
        return false;
    for (size_t i = 0; task->class->connections[i].name != NULL; i++) {
        if (task->class->connections[i].kind == CB_CONNECT_OUTPUT)
            return cb_pipeline_is_read(pipeline, task->dataset_type[i]);
    }
    return false;
}

static bool has(uint32_t dims, enum cb_element_index dimension)
{
    return (dims & CB_DIM(dimension)) != 0;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static int compare_frames(const void *left, const void *right)
{
    const struct cb_frame *a = left, *b = right;
    int order = (a->detector > b->detector) - (a->detector < b->detector);
    return order != 0 ? order : (a->exposure > b->exposure) - (a->exposure < b->exposure);
}

/* Do two frames belong to one quantum of that task? */
static bool is_same_group(const struct cb_task_class *class, const struct cb_frame *a,
                          const struct cb_frame *b)
{
    return (!has(class->dims, CB_DETECTOR) || a->detector == b->detector) &&
           (!(has(class->dims, CB_PHYSICAL_FILTER) || has(class->dims, CB_EXPOSURE)) ||
            same_text(a->physical_filter, b->physical_filter)) &&
           (!has(class->dims, CB_EXPOSURE) || has(class->dims, CB_DETECTOR) || a->exposure == b->exposure);
}

/* The frames that go with the first that is not yet taken; with exposures at most `batch` of them. */
static struct group next_group(const struct builder *builder, const struct cb_task_class *class, bool *taken,
                               size_t first)
{
    struct group group = { .frame = cb_xalloc_array(builder->frames, sizeof(const struct cb_frame *)) };
    bool in_batches = has(class->dims, CB_EXPOSURE) && has(class->dims, CB_DETECTOR);
    size_t most = !in_batches ? SIZE_MAX : class->batch > 0 ? class->batch : 1;

    for (size_t i = first; i < builder->frames && group.count < most; i++) {
        if (taken[i] || !is_same_group(class, &builder->frame[first], &builder->frame[i]))
            continue;
        taken[i] = true;
        group.frame[group.count++] = &builder->frame[i];
    }
    return group;
}

static void add_exposure(struct cb_graph_quantum *quantum, int64_t exposure)
{
    for (size_t i = 0; i < quantum->exposures; i++) {
        if (quantum->exposure[i] == exposure)
            return;
    }
    quantum->exposure =
        cb_xrealloc_array(quantum->exposure, quantum->exposures + 1, sizeof *quantum->exposure);
    quantum->exposure[quantum->exposures++] = exposure;
}

static struct cb_graph_quantum *add_quantum(struct builder *builder, const struct cb_pipeline_task *task,
                                            const struct group *group)
{
    struct cb_graph *graph = builder->graph;
    const struct cb_frame *first = group->frame[0];
    uint32_t dims = task->class->dims;

    graph->quantum = cb_xrealloc_array(graph->quantum, graph->quanta + 1, sizeof *graph->quantum);
    struct cb_graph_quantum *quantum = &graph->quantum[graph->quanta++];
    *quantum = (struct cb_graph_quantum){ .task = task, .detector = -1 };
    if (has(dims, CB_DETECTOR))
        quantum->detector = first->detector;
    if (has(dims, CB_PHYSICAL_FILTER) || has(dims, CB_EXPOSURE)) {
        quantum->physical_filter = first->physical_filter;
        quantum->band = first->band;
    }
    for (size_t i = 0; has(dims, CB_EXPOSURE) && i < group->count; i++)
        add_exposure(quantum, group->frame[i]->exposure);
    cb_auto(cb_free) char *name =
        cb_xasprintf("%s:%lld:%s:%lld", task->label, (long long)quantum->detector,
                     has(dims, CB_PHYSICAL_FILTER) ? quantum->physical_filter : "",
                     quantum->exposures > 0 ? (long long)quantum->exposure[0] : -1LL);
    cb_uuid_derive(builder->run_id, name, quantum->id);
    return quantum;
}

static struct cb_graph_dataset *add_dataset(struct cb_graph_dataset **list, size_t *count)
{
    /* Grows by doubling: sizes are powers of two. */
    if ((*count & (*count - 1)) == 0)
        *list = cb_xrealloc_array(*list, *count == 0 ? 1 : 2 * *count, sizeof **list);
    struct cb_graph_dataset *dataset = &(*list)[(*count)++];
    *dataset = (struct cb_graph_dataset){ .detector = -1, .exposure = -1 };
    return dataset;
}

static void add_need(struct cb_graph_quantum *quantum, size_t index)
{
    for (size_t i = 0; i < quantum->need_count; i++) {
        if (quantum->needs[i] == index)
            return;
    }
    quantum->needs = cb_xrealloc_array(quantum->needs, quantum->need_count + 1, sizeof *quantum->needs);
    quantum->needs[quantum->need_count++] = index;
}

/* The raw frames themselves. */
static void add_frames(struct cb_graph_quantum *quantum, const struct group *group, const char *connection,
                       const char *dataset_type)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct cb_frame *frame = group->frame[i];
        struct cb_graph_dataset *input = add_dataset(&quantum->input, &quantum->inputs);
        memcpy(input->dataset_id, frame->dataset_id, sizeof input->dataset_id);
        input->connection = cb_xstrdup(connection);
        input->dataset_type = dataset_type;
        input->run = cb_xstrdup(frame->run);
        input->detector = frame->detector;
        input->exposure = frame->exposure;
        input->physical_filter = frame->physical_filter;
        input->band = frame->band;
    }
}

static bool in_exposures(const struct cb_graph_quantum *quantum, int64_t exposure)
{
    for (size_t i = 0; i < quantum->exposures; i++) {
        if (quantum->exposure[i] == exposure)
            return true;
    }
    return quantum->exposures == 0 || exposure < 0;
}

static bool in_group(const struct group *group, int64_t exposure)
{
    for (size_t i = 0; i < group->count; i++) {
        if (group->frame[i]->exposure == exposure)
            return true;
    }
    return exposure < 0;
}

/* Is an output of another quantum one that this one reads? What both have must agree. */
static bool is_wanted(const struct cb_graph_quantum *quantum, const struct group *group,
                      const struct cb_graph_dataset *made)
{
    return (quantum->detector < 0 || made->detector < 0 || quantum->detector == made->detector) &&
           (quantum->physical_filter == NULL || made->physical_filter == NULL ||
            strcmp(quantum->physical_filter, made->physical_filter) == 0) &&
           in_exposures(quantum, made->exposure) && in_group(group, made->exposure);
}

/* What quanta before this one make of a dataset type. The list of quanta is not grown meanwhile. */
static void add_made(const struct builder *builder, struct cb_graph_quantum *quantum,
                     const struct group *group, const char *connection, const char *dataset_type)
{
    size_t own = (size_t)(quantum - builder->graph->quantum);

    for (size_t q = 0; q < own; q++) {
        const struct cb_graph_quantum *other = &builder->graph->quantum[q];
        for (size_t i = 0; i < other->outputs; i++) {
            const struct cb_graph_dataset *made = &other->output[i];
            if (strcmp(made->dataset_type, dataset_type) != 0 || !is_wanted(quantum, group, made))
                continue;
            struct cb_graph_dataset *input = add_dataset(&quantum->input, &quantum->inputs);
            *input = *made;
            input->connection = cb_xstrdup(connection);
            input->run = cb_xstrdup(builder->output_run);
            input->dataset_type = dataset_type;
            add_need(quantum, q);
        }
    }
}

static bool fail_absent(const char *dataset_type, const struct cb_lookup_key *key,
                        const struct cb_frame *frame, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes where = CB_BYTES(256);

    if (key->detector >= 0)
        cb_bytes_printf(&where, " of detector %lld", (long long)key->detector);
    if (key->physical_filter != NULL)
        cb_bytes_printf(&where, " for filter %s", key->physical_filter);
    return cb_fail(err, CB_ERR_NOT_FOUND, "no %s%s holds for exposure %lld in the input collections",
                   dataset_type, cb_bytes_text(&where), (long long)frame->exposure);
}

static void add_found(struct cb_graph_quantum *quantum, const char *connection, const char *dataset_type,
                      const struct cb_lookup_key *key, const struct cb_lookup_answer *answer,
                      int64_t exposure, const struct cb_frame *frame)
{
    struct cb_graph_dataset *input = add_dataset(&quantum->input, &quantum->inputs);

    memcpy(input->dataset_id, answer->dataset_id, sizeof input->dataset_id);
    input->connection = cb_xstrdup(connection);
    input->dataset_type = dataset_type;
    input->run = cb_xstrdup(answer->run);
    input->detector = key->detector;
    input->exposure = exposure;
    input->physical_filter = key->physical_filter;
    input->band = key->physical_filter != NULL ? frame->band : NULL;
}

static bool is_one_answer(const struct cb_lookup_answer *answer, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (strcmp(answer[i].dataset_id, answer[0].dataset_id) != 0)
            return false;
    }
    return true;
}

static bool put_answers(struct cb_graph_quantum *quantum, const struct group *group, const char *connection,
                        const char *dataset_type, bool optional, const struct cb_lookup_key *key,
                        const struct cb_lookup_answer *answer, struct cb_error *err)
{
    for (size_t i = 0; !optional && i < group->count; i++) {
        if (answer[i].dataset_id[0] == '\0')
            return fail_absent(dataset_type, &key[i], group->frame[i], err);
    }
    bool one = is_one_answer(answer, group->count);
    for (size_t i = 0; i < (one ? 1 : group->count); i++) {
        if (answer[i].dataset_id[0] != '\0')
            add_found(quantum, connection, dataset_type, &key[i], &answer[i],
                      one ? -1 : group->frame[i]->exposure, group->frame[i]);
    }
    return true;
}

/* What exists already, found at the time of each frame: one input when all frames find the same. */
static bool add_existing(const struct builder *builder, struct cb_graph_quantum *quantum,
                         const struct group *group, const char *name, const struct cb_connection *connection,
                         const char *dataset_type, struct cb_error *err)
{
    cb_auto(cb_free) struct cb_lookup_key *key = cb_xalloc_array(group->count, sizeof *key);
    cb_auto(cb_free) struct cb_lookup_answer *answer = cb_xalloc_array(group->count, sizeof *answer);

    for (size_t i = 0; i < group->count; i++) {
        const struct cb_frame *frame = group->frame[i];
        key[i] = (struct cb_lookup_key){
            .detector = has(connection->dims, CB_DETECTOR) ? frame->detector : -1,
            .exposure = has(connection->dims, CB_EXPOSURE) ? frame->exposure : -1,
            .physical_filter = has(connection->dims, CB_PHYSICAL_FILTER) ? frame->physical_filter : NULL,
            .when = frame->when,
        };
    }
    bool done = builder->lookup->find(builder->lookup->self, dataset_type, key, group->count, answer, err) &&
                put_answers(quantum, group, name, dataset_type, connection->optional, key, answer, err);
    for (size_t i = 0; i < group->count; i++)
        free(answer[i].run);
    return done;
}

/* Prerequisites of a task inside a quantum; those of a fused one are named "LABEL:connection". */
static bool add_prerequisites(const struct builder *builder, struct cb_graph_quantum *quantum,
                              const struct group *group, const struct cb_pipeline_task *task,
                              struct cb_error *err)
{
    for (size_t i = 0; task->class->connections[i].name != NULL; i++) {
        const struct cb_connection *connection = &task->class->connections[i];
        if (connection->kind != CB_CONNECT_PREREQUISITE || !cb_connection_is_used(connection, task->config))
            continue;
        cb_auto(cb_free) char *name = task == quantum->task
                                          ? cb_xstrdup(connection->name)
                                          : cb_xasprintf("%s:%s", task->label, connection->name);
        if (cb_pipeline_producer(builder->pipeline, task->dataset_type[i]) != NULL)
            add_made(builder, quantum, group, name, task->dataset_type[i]);
        else if (!add_existing(builder, quantum, group, name, connection, task->dataset_type[i], err))
            return cb_context(err, "task \"%s\"", task->label);
    }
    return true;
}

static void put_output(struct cb_graph_quantum *quantum, const char *name, const char *dataset_type,
                       const char *output_run, const struct cb_connection *connection, int64_t exposure)
{
    struct cb_graph_dataset *output = add_dataset(&quantum->output, &quantum->outputs);
    cb_auto(cb_free) char *what = cb_xasprintf("%s:%lld", dataset_type, (long long)exposure);

    cb_uuid_derive(quantum->id, what, output->dataset_id);
    output->connection = cb_xstrdup(name);
    output->dataset_type = dataset_type;
    output->run = cb_xstrdup(output_run);
    output->detector = has(connection->dims, CB_DETECTOR) ? quantum->detector : -1;
    output->exposure = exposure;
    output->physical_filter = quantum->physical_filter;
    output->band = quantum->band;
}

/* Outputs of a task; of one that is fused into the quantum those that nothing else reads. */
static void add_outputs(const struct builder *builder, struct cb_graph_quantum *quantum,
                        const struct cb_pipeline_task *task)
{
    bool main_output = true;

    for (size_t i = 0; task->class->connections[i].name != NULL; i++) {
        const struct cb_connection *connection = &task->class->connections[i];
        if (connection->kind != CB_CONNECT_OUTPUT)
            continue;
        bool skipped = main_output && task != quantum->task;
        main_output = false;
        if (skipped || !cb_connection_is_used(connection, task->config))
            continue;
        cb_auto(cb_free) char *name = task == quantum->task
                                          ? cb_xstrdup(connection->name)
                                          : cb_xasprintf("%s:%s", task->label, connection->name);
        if (!has(connection->dims, CB_EXPOSURE))
            put_output(quantum, name, task->dataset_type[i], builder->output_run, connection, -1);
        for (size_t e = 0; has(connection->dims, CB_EXPOSURE) && e < quantum->exposures; e++)
            put_output(quantum, name, task->dataset_type[i], builder->output_run, connection,
                       quantum->exposure[e]);
    }
}

/* Binned images of a fused ISR are written by one task only, the first that goes exposure by exposure. */
static void add_fused_outputs(struct builder *builder, struct cb_graph_quantum *quantum,
                              const struct cb_pipeline_task *isr)
{
    cb_auto(cb_free) char *claim = cb_xasprintf("%s:%s", isr->label, quantum->task->label);
    cb_auto(cb_free) char *start = cb_xasprintf("%s:", isr->label);

    if (!has(quantum->task->class->dims, CB_EXPOSURE) || !has(quantum->task->class->dims, CB_DETECTOR))
        return;
    for (size_t i = 0; i < builder->fed.count; i++) {
        if (strncmp(builder->fed.at[i], start, strlen(start)) == 0 && strcmp(builder->fed.at[i], claim) != 0)
            return;
    }
    if (!cb_texts_has(&builder->fed, claim))
        cb_texts_add(&builder->fed, claim, strlen(claim));
    add_outputs(builder, quantum, isr);
}

static bool add_input(struct builder *builder, struct cb_graph_quantum *quantum, const struct group *group,
                      size_t i, struct cb_error *err)
{
    const struct cb_pipeline_task *task = quantum->task;
    const struct cb_connection *connection = &task->class->connections[i];
    const char *dataset_type = task->dataset_type[i];
    struct cb_feed feed = cb_feed_of(builder->pipeline, dataset_type);

    if (cb_pipeline_producer(builder->pipeline, feed.dataset_type) != NULL) {
        add_made(builder, quantum, group, connection->name, feed.dataset_type);
    } else if (has(connection->dims, CB_EXPOSURE) &&
               strcmp(feed.dataset_type, builder->frame[0].dataset_type) == 0) {
        add_frames(quantum, group, connection->name, feed.dataset_type);
    } else if (!add_existing(builder, quantum, group, connection->name, connection, feed.dataset_type, err)) {
        return cb_context(err, "task \"%s\"", task->label);
    }
    if (feed.isr != NULL && !add_prerequisites(builder, quantum, group, feed.isr, err))
        return false;
    if (feed.isr != NULL)
        add_fused_outputs(builder, quantum, feed.isr);
    return true;
}

static bool fill_quantum(struct builder *builder, struct cb_graph_quantum *quantum, const struct group *group,
                         struct cb_error *err)
{
    const struct cb_pipeline_task *task = quantum->task;

    for (size_t i = 0; task->class->connections[i].name != NULL; i++) {
        const struct cb_connection *connection = &task->class->connections[i];
        if (connection->kind == CB_CONNECT_INPUT && cb_connection_is_used(connection, task->config) &&
            !add_input(builder, quantum, group, i, err))
            return false;
    }
    if (!add_prerequisites(builder, quantum, group, task, err))
        return false;
    add_outputs(builder, quantum, task);
    return true;
}

static bool add_task(struct builder *builder, const struct cb_pipeline_task *task, struct cb_error *err)
{
    cb_auto(cb_free) bool *taken = cb_xalloc_array(builder->frames, sizeof *taken);

    for (size_t i = 0; i < builder->frames; i++) {
        if (taken[i])
            continue;
        struct group group = next_group(builder, task->class, taken, i);
        struct cb_graph_quantum *quantum = add_quantum(builder, task, &group);
        bool done = fill_quantum(builder, quantum, &group, err);
        free(group.frame);
        if (!done)
            return false;
    }
    return true;
}

bool cb_graph_build(const struct cb_pipeline *pipeline, const char *run_id, const char *output_run,
                    struct cb_frame *frames, size_t n, const struct cb_lookup *lookup,
                    struct cb_graph **ret_graph, struct cb_error *err)
{
    cb_auto(cb_graph_free) struct cb_graph *graph = cb_xalloc(sizeof *graph);
    struct builder builder = { .pipeline = pipeline,
                               .run_id = run_id,
                               .output_run = output_run,
                               .frame = frames,
                               .frames = n,
                               .lookup = lookup,
                               .graph = graph };
    bool done = true;

    if (n == 0)
        return cb_fail(err, CB_ERR_INVALID, "the data query selects no exposure of the input collections");
    qsort(frames, n, sizeof *frames, compare_frames);
    for (size_t i = 0; done && i < pipeline->tasks; i++) {
        if (!is_inside_others(pipeline, &pipeline->task[i]))
            done = add_task(&builder, &pipeline->task[i], err);
    }
    cb_texts_done(&builder.fed);
    if (done)
        *ret_graph = cb_steal(graph);
    return done;
}

static void datasets_done(struct cb_graph_dataset *dataset, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(dataset[i].connection);
        free(dataset[i].run);
    }
    free(dataset);
}

void cb_graph_free(struct cb_graph *graph)
{
    if (graph == NULL)
        return;
    for (size_t i = 0; i < graph->quanta; i++) {
        struct cb_graph_quantum *quantum = &graph->quantum[i];
        datasets_done(quantum->input, quantum->inputs);
        datasets_done(quantum->output, quantum->outputs);
        free(quantum->exposure);
        free(quantum->needs);
    }
    free(graph->quantum);
    free(graph);
}
