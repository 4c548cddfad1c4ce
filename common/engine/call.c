/* What a task function is given: inputs. */
#include "engine/call.h"

#include "base/alloc.h"
#include "engine/call_state.h"
#include "engine/graph.h"
#include "engine/isr_config.h"
#include "engine/tasks.h"
#include "engine_sql.h"
#include "calib/bin.h"
#include "calib/verify_measure.h"
#include "io/digest.h"
#include "io/fits_raw.h"
#include "io/yaml.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t cb_call_count(const struct cb_call *call, const char *connection, size_t *ret_first)
{
    size_t count = 0;

    for (size_t i = 0; i < call->inputs; i++) {
        if (strcmp(call->input[i].connection, connection) != 0)
            continue;
        if (count++ == 0)
            *ret_first = i;
    }
    return count;
}

struct cb_call_feed cb_call_feed(const struct cb_call *call, const char *connection)
{
    if (call->task->class == &cb_task_isr)
        return (struct cb_call_feed){ .isr = call->task };
    const char *dataset_type = cb_pipeline_dataset_type(call->task, connection);
    if (dataset_type == NULL)
        return (struct cb_call_feed){ 0 };
    struct cb_feed feed = cb_feed_of(call->pipeline, dataset_type);
    return (struct cb_call_feed){ .isr = feed.isr, .cosmic_rays = feed.cosmic_rays };
}

const struct cb_call_input *cb_call_prerequisite(const struct cb_call *call, const char *name,
                                                 int64_t exposure)
{
    for (size_t i = 0; i < call->inputs; i++) {
        const struct cb_call_input *input = &call->input[i];
        if (strcmp(input->connection, name) == 0 &&
            (input->data_id.exposure < 0 || input->data_id.exposure == exposure))
            return input;
    }
    return NULL;
}

void cb_call_state_done(struct cb_call_state *state)
{
    for (size_t i = 0; i < state->calibrations; i++) {
        cb_ptc_free(state->calibration[i]->ptc);
        cb_exposure_close(state->calibration[i]->file);
        free(state->calibration[i]->level);
        free(state->calibration[i]);
    }
    for (size_t i = 0; i < state->outputs; i++) {
        struct cb_call_output *output = &state->output[i];
        char *texts[] = { output->connection, output->dataset_type, output->physical_filter, output->band,
                          output->path };
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
            free(texts[t]);
    }
    free(state->calibration);
    free(state->output);
    free(state->folder);
    *state = (struct cb_call_state){ 0 };
}

/* The checksum of a dataset: as calbus wrote it down, or of the file. */
static bool checksum(struct cb_call_state *state, const struct cb_call_input *input, char ret_sha256[65],
                     struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct cb_digest digest;

    if (state->db != NULL) {
        if (!cb_db_run(state->db, engine_sql_find_sha256, CB_P(cb_p_text(input->id)), &rows, err))
            return false;
        if (cb_rows_count(rows) > 0 && !cb_rows_is_null(rows, 0, 0)) {
            snprintf(ret_sha256, 65, "%s", cb_rows_text(rows, 0, 0));
            return true;
        }
    }
    if (!cb_digest_sha256(input->path, &digest, err))
        return false;
    memcpy(ret_sha256, digest.sha256, sizeof digest.sha256);
    return true;
}

static bool open_calibration(struct cb_call *call, const struct cb_call_input *input,
                             struct cb_open_calibration *calibration, struct cb_error *err)
{
    const char *colon = strchr(input->connection, ':');
    const char *name = colon != NULL ? colon + 1 : input->connection;

    memcpy(calibration->id, input->id, sizeof calibration->id);
    if (!checksum(call->state, input, calibration->sha256, err))
        return false;
    if (strcmp(name, "ptc") == 0)
        return cb_ptc_read(input->path, &calibration->ptc, NULL, err);
    if (!cb_exposure_open(input->path, &calibration->file, err))
        return false;
    calibration->frame = cb_exposure_as_frame(calibration->file);
    return true;
}

/* The place of an open calibration: the list may move when another is opened. */
static bool use_calibration(struct cb_call *call, const struct cb_call_input *input, size_t *ret_index,
                            struct cb_error *err)
{
    struct cb_call_state *state = call->state;

    for (size_t i = 0; i < state->calibrations; i++) {
        if (strcmp(state->calibration[i]->id, input->id) == 0) {
            *ret_index = i;
            return true;
        }
    }
    struct cb_open_calibration *calibration = cb_xalloc(sizeof *calibration);
    state->calibration =
        cb_xrealloc_array(state->calibration, state->calibrations + 1, sizeof(struct cb_open_calibration *));
    state->calibration[state->calibrations] = calibration;
    if (!open_calibration(call, input, calibration, err)) {
        cb_ptc_free(calibration->ptc);
        cb_exposure_close(calibration->file);
        free(calibration);
        return cb_context(err, "%s %s of run \"%s\"", input->dataset_type, input->id, input->run);
    }
    *ret_index = state->calibrations++;
    return true;
}

const struct cb_header *cb_call_calibration_header(const struct cb_call *call,
                                                   const struct cb_call_input *input)
{
    for (size_t i = 0; i < call->state->calibrations; i++) {
        const struct cb_open_calibration *calibration = call->state->calibration[i];
        if (strcmp(calibration->id, input->id) == 0)
            return calibration->file != NULL ? cb_exposure_header(calibration->file) : NULL;
    }
    return NULL;
}

static const struct cb_frame_level *find_level(const struct cb_open_calibration *calibration,
                                               struct cb_box box)
{
    for (size_t i = 0; i < calibration->levels; i++) {
        const struct cb_frame_level *level = &calibration->level[i];
        if (level->box.x0 == box.x0 && level->box.y0 == box.y0 && level->box.width == box.width &&
            level->box.height == box.height)
            return level;
    }
    return NULL;
}

static bool add_level(struct cb_open_calibration *calibration, struct cb_box box, struct cb_error *err)
{
    struct cb_frame_level level = { .box = box };

    if (!cb_verify_frame_level(&calibration->frame, box, &level.median, &level.variance, err))
        return false;
    calibration->level =
        cb_xrealloc_array(calibration->level, calibration->levels + 1, sizeof *calibration->level);
    calibration->level[calibration->levels++] = level;
    return true;
}

bool cb_call_frame_level(struct cb_call *call, const struct cb_frame_source *frame, struct cb_box box,
                         double *ret_median, double *ret_variance, struct cb_error *err)
{
    for (size_t i = 0; i < call->state->calibrations; i++) {
        struct cb_open_calibration *calibration = call->state->calibration[i];
        if (&calibration->frame != frame)
            continue;
        if (find_level(calibration, box) == NULL && !add_level(calibration, box, err))
            return false;
        *ret_median = find_level(calibration, box)->median;
        *ret_variance = find_level(calibration, box)->variance;
        return true;
    }
    return cb_verify_frame_level(frame, box, ret_median, ret_variance, err);
}

/* "LABEL:bias", or "bias" when ISR runs by itself. */
static char *prerequisite_name(const struct cb_call *call, const struct cb_pipeline_task *isr,
                               const char *connection)
{
    return isr == call->task ? cb_xstrdup(connection) : cb_xasprintf("%s:%s", isr->label, connection);
}

/* Places of what ISR needs for an exposure; SIZE_MAX where there is none. */
struct isr_places {
    size_t ptc, bias, dark, flat;
};
static const struct isr_places no_places = { SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX };

static bool find_place(struct cb_call *call, const struct cb_pipeline_task *isr, const char *connection,
                       int64_t exposure, size_t *ret_place, struct cb_error *err)
{
    cb_auto(cb_free) char *name = prerequisite_name(call, isr, connection);
    const struct cb_call_input *input = cb_call_prerequisite(call, name, exposure);

    *ret_place = SIZE_MAX;
    return input == NULL || use_calibration(call, input, ret_place, err);
}

static bool find_places(struct cb_call *call, const struct cb_pipeline_task *isr, int64_t exposure,
                        struct isr_places *ret_places, struct cb_error *err)
{
    return find_place(call, isr, "ptc", exposure, &ret_places->ptc, err) &&
           find_place(call, isr, "bias", exposure, &ret_places->bias, err) &&
           find_place(call, isr, "dark", exposure, &ret_places->dark, err) &&
           find_place(call, isr, "flat", exposure, &ret_places->flat, err);
}

static struct cb_isr_inputs inputs_at(const struct cb_call_state *state, const struct isr_places *places)
{
    struct cb_open_calibration *const *open = state->calibration;

    return (struct cb_isr_inputs){
        .ptc = places->ptc != SIZE_MAX ? open[places->ptc]->ptc : NULL,
        .bias = places->bias != SIZE_MAX ? &open[places->bias]->frame : NULL,
        .dark = places->dark != SIZE_MAX ? &open[places->dark]->frame : NULL,
        .flat = places->flat != SIZE_MAX ? &open[places->flat]->frame : NULL,
    };
}

static bool stamp_one(struct cb_call *call, const struct cb_call_input *input, struct cb_header *header,
                      struct cb_error *err)
{
    static const char *const kinds[] = { "RUN", "UUID", "SHA256" };
    const char *colon = strchr(input->connection, ':');
    char name[64], key[96];
    size_t place = 0, length = 0;

    if (!use_calibration(call, input, &place, err))
        return false;
    const char *values[] = { input->run, input->id, call->state->calibration[place]->sha256 };
    for (const char *at = colon != NULL ? colon + 1 : input->connection;
         *at != '\0' && length < sizeof name - 1; at++)
        name[length++] = (char)toupper((unsigned char)*at);
    name[length] = '\0';
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(key, sizeof key, "LSST CALIB %s %s", kinds[i], name);
        cb_header_set_string(header, key, values[i], "");
    }
    return true;
}

/* Is an input a prerequisite of this task, or of one that is fused into it? */
static bool is_prerequisite(const struct cb_call *call, const struct cb_call_input *input)
{
    const char *colon = strchr(input->connection, ':');
    const struct cb_pipeline_task *task = call->task;

    if (colon != NULL) {
        cb_auto(cb_free) char *label = cb_xstrndup(input->connection, (size_t)(colon - input->connection));
        task = cb_pipeline_find(call->pipeline, label);
    }
    const struct cb_connection *connection =
        task != NULL ? cb_connection_find(task->class, colon != NULL ? colon + 1 : input->connection) : NULL;
    return connection != NULL && connection->kind == CB_CONNECT_PREREQUISITE &&
           (strcmp(connection->storage_class, "ExposureF") == 0 ||
            strcmp(connection->storage_class, "PhotonTransferCurveDataset") == 0);
}

static bool stamp(struct cb_call *call, int64_t exposure, struct cb_header *header, struct cb_error *err)
{
    for (size_t i = 0; i < call->inputs; i++) {
        const struct cb_call_input *input = &call->input[i];
        if (is_prerequisite(call, input) &&
            (exposure < 0 || input->data_id.exposure < 0 || input->data_id.exposure == exposure) &&
            !stamp_one(call, input, header, err))
            return false;
    }
    return true;
}

bool cb_call_stamp(struct cb_call *call, struct cb_header *header, struct cb_error *err)
{
    return stamp(call, call->id.exposure, header, err);
}

static bool put_binned(struct cb_call *call, const struct cb_pipeline_task *isr, const struct cb_image *image,
                       const struct cb_header *header, struct cb_error *err)
{
    static const char *const connections[] = { "outputBin1Exposure", "outputBin2Exposure" };
    static const char *const factors[] = { "binFactor1", "binFactor2" };

    for (size_t i = 0; i < 2; i++) {
        cb_auto(cb_free) char *name = prerequisite_name(call, isr, connections[i]);
        cb_auto(cb_image_free) struct cb_image *binned = NULL;
        const struct cb_call_output *output = cb_call_output_find(call, name);
        if (output == NULL || output->path != NULL)
            continue;
        int64_t factor = cb_config_int(isr->config, factors[i]);
        int64_t side = (int64_t)(image->width_px < image->height_px ? image->width_px : image->height_px);
        if (!cb_image_bin(image, (int)(factor < side ? factor : side), &binned, err) ||
            !cb_call_put_image(call, name, binned, header, err))
            return false;
    }
    return true;
}

static bool process(struct cb_call *call, const struct cb_pipeline_task *isr,
                    const struct cb_call_input *input, struct cb_raw *raw, struct cb_image **ret_image,
                    struct cb_header *header, struct cb_isr_report *ret_report, struct cb_error *err)
{
    struct cb_isr_config config;
    struct isr_places places = no_places;
    struct cb_raw_source source =
        cb_raw_as_source(raw, (uint64_t)input->data_id.exposure, (uint32_t)input->data_id.detector);

    if (!cb_isr_config_of(isr->config, &config, err) ||
        !find_places(call, isr, input->data_id.exposure, &places, err))
        return false;
    struct cb_isr_inputs inputs = inputs_at(call->state, &places);
    if (!cb_isr_exposure(&source, &config, &inputs, ret_image, ret_report, err))
        return false;
    cb_isr_header(&config, ret_report, header);
    return stamp(call, input->data_id.exposure, header, err);
}

/* As cb_call_process, of an open file. */
static bool process_open(struct cb_call *call, const struct cb_pipeline_task *isr,
                         const struct cb_call_input *input, struct cb_raw *raw, struct cb_image **ret_image,
                         struct cb_header **ret_header, struct cb_isr_report *ret_report,
                         struct cb_error *err)
{
    cb_auto(cb_image_free) struct cb_image *image = NULL;
    cb_auto(cb_header_free) struct cb_header *header = cb_raw_metadata(raw);

    if (!process(call, isr, input, raw, &image, header, ret_report, err))
        return cb_context(err, "exposure %lld detector %lld", (long long)input->data_id.exposure,
                          (long long)input->data_id.detector);
    if (!put_binned(call, isr, image, header, err))
        return false;
    *ret_image = cb_steal(image);
    *ret_header = cb_steal(header);
    return true;
}

bool cb_call_process(struct cb_call *call, const char *connection, size_t i, struct cb_image **ret_image,
                     struct cb_header **ret_header, struct cb_isr_report *ret_report, struct cb_error *err)
{
    struct cb_call_feed feed = cb_call_feed(call, connection);
    size_t first = 0, count = cb_call_count(call, connection, &first);
    cb_auto(cb_raw_close) struct cb_raw *raw = NULL;

    if (i >= count || feed.isr == NULL)
        return cb_fail(err, CB_ERR_INVALID,
                       "task \"%s\" has no processed exposure %zu on its connection \"%s\"",
                       call->task->label, i, connection);
    const struct cb_call_input *input = &call->input[first + i];
    return cb_raw_open(input->path, &raw, err) &&
           process_open(call, feed.isr, input, raw, ret_image, ret_header, ret_report, err);
}

bool cb_call_process_stacked(struct cb_call *call, const char *connection, const struct cb_call_stack *stack,
                             size_t i, struct cb_image **ret_image, struct cb_header **ret_header,
                             struct cb_isr_report *ret_report, struct cb_error *err)
{
    const struct cb_pipeline_task *isr = cb_call_feed(call, connection).isr;
    assert(isr != NULL); /* or the stack would not be open */
    return process_open(call, isr, &stack->input[i], stack->raw[i], ret_image, ret_header, ret_report, err);
}

static bool open_stack(struct cb_call *call, size_t first, struct cb_call_stack *stack, struct cb_error *err)
{
    for (size_t i = 0; i < stack->n; i++) {
        const struct cb_call_input *input = &call->input[first + i];
        struct cb_raw *raw = NULL;
        if (!cb_raw_open(input->path, &raw, err))
            return cb_context(err, "exposure %lld detector %lld", (long long)input->data_id.exposure,
                              (long long)input->data_id.detector);
        stack->source[i].raw =
            cb_raw_as_source(raw, (uint64_t)input->data_id.exposure, (uint32_t)input->data_id.detector);
        stack->source[i].raw.self = raw;
        stack->source[i].scale = 1.0;
        stack->header[i] = cb_raw_metadata(raw);
        stack->raw[i] = raw;
    }
    return true;
}

/* Every exposure must use the same calibrations, because the stack has one of each. */
static bool common_places(struct cb_call *call, const struct cb_pipeline_task *isr, size_t first, size_t n,
                          struct isr_places *ret_places, struct cb_error *err)
{
    for (size_t i = 0; i < n; i++) {
        struct isr_places places = no_places;
        if (!find_places(call, isr, call->input[first + i].data_id.exposure, &places, err))
            return false;
        if (i > 0 && (places.ptc != ret_places->ptc || places.bias != ret_places->bias ||
                      places.dark != ret_places->dark || places.flat != ret_places->flat))
            return cb_fail(err, CB_ERR_CONFLICT,
                           "exposures %lld and %lld have different calibrations in the input collections: "
                           "narrow the data query to one of them",
                           (long long)call->input[first].data_id.exposure,
                           (long long)call->input[first + i].data_id.exposure);
        *ret_places = places;
    }
    return true;
}

bool cb_call_stack(struct cb_call *call, const char *connection, struct cb_call_stack *ret_stack,
                   struct cb_error *err)
{
    struct cb_call_feed feed = cb_call_feed(call, connection);
    struct cb_call_stack stack = { 0 };
    struct isr_places places = no_places;
    size_t first = 0;

    stack.n = cb_call_count(call, connection, &first);
    if (stack.n == 0 || feed.isr == NULL)
        return cb_fail(err, CB_ERR_INVALID, "task \"%s\" has no exposures from ISR on its connection \"%s\"",
                       call->task->label, connection);
    if (!cb_isr_config_of(feed.isr->config, &stack.isr, err) ||
        !common_places(call, feed.isr, first, stack.n, &places, err))
        return false;
    stack.source = cb_xalloc_array(stack.n, sizeof *stack.source);
    stack.header = cb_xalloc_array(stack.n, sizeof(struct cb_header *));
    stack.raw = cb_xalloc_array(stack.n, sizeof(struct cb_raw *));
    stack.input = &call->input[first];
    if (!open_stack(call, first, &stack, err)) {
        cb_call_stack_done(&stack);
        return false;
    }
    stack.inputs = inputs_at(call->state, &places);
    *ret_stack = stack;
    return true;
}

void cb_call_stack_done(struct cb_call_stack *stack)
{
    for (size_t i = 0; i < stack->n; i++) {
        if (stack->header != NULL)
            cb_header_free(stack->header[i]);
        if (stack->raw != NULL)
            cb_raw_close(stack->raw[i]);
    }
    free(stack->source);
    free(stack->header);
    free(stack->raw);
    *stack = (struct cb_call_stack){ 0 };
}

bool cb_call_read_yaml(struct cb_call *call, const struct cb_call_input *input, struct cb_yaml **ret_yaml,
                       struct cb_error *err)
{
    (void)call;
    return cb_yaml_read(input->path, ret_yaml, err);
}
