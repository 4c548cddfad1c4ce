/* What a task function is given: one data ID, its configuration, its inputs, and where its outputs go. */
#pragma once

#include "base/uuid.h"
#include "calib/combine.h"
#include "calib/isr.h"
#include "engine/pipeline.h"

struct cb_frame_file;
struct cb_raw;
struct cb_yaml;

/* A data ID of the engine. What it does not have is -1 or NULL. Texts are borrowed. */
struct cb_call_id {
    const char *instrument;
    int64_t detector;
    int64_t exposure;
    const char *physical_filter, *band;
};

/* One input dataset. Of a connection that a fused task feeds it is that task's own input (the raw). */
struct cb_call_input {
    const char *connection; /* of the task; a fused task's prerequisites are named "LABEL:connection" */
    const char *dataset_type;
    const char *run; /* RUN collection */
    char id[CB_UUID_TEXT_SIZE];
    struct cb_call_id data_id;
    const char *path; /* absolute */
};

struct cb_call_state; /* open files, outputs: private */
struct cb_call {
    const char *run_id; /* of calbus.run, UUID */
    const struct cb_pipeline *pipeline;
    const struct cb_pipeline_task *task;
    const struct cb_config *config; /* of the task */
    struct cb_call_id id;
    const struct cb_call_input *input; /* by connection, then exposure, then detector */
    size_t inputs;
    int64_t now_tai_ns; /* when the quantum was begun: for creation dates */
    struct cb_call_state *state;
};

/* How many inputs a connection has; *ret_first is the place of the first in call->input. */
size_t cb_call_count(const struct cb_call *call, const char *connection, size_t *ret_first);

/* A chain of fused tasks that feeds a connection: its ISR, and whether cosmic rays are looked for. NULL
 * fields when the connection is fed by files. */
struct cb_call_feed {
    const struct cb_pipeline_task *isr, *cosmic_rays;
};
struct cb_call_feed cb_call_feed(const struct cb_call *call, const char *connection);

/*
 * Process input i of a connection that ISR feeds.
 *
 * ret_header  the raw's metadata with ISR's cards and one RUN, UUID and SHA256 card for each calibration
 * applied
 *
 * Binned images that the pipeline asks for are written on the way.
 *
 * Errors    as cb_isr_exposure and the readers of the files
 */
CB_MUST_CHECK bool cb_call_process(struct cb_call *call, const char *connection, size_t i,
                                   struct cb_image **ret_image, struct cb_header **ret_header,
                                   struct cb_isr_report *ret_report, struct cb_error *err);

/* Everything that combining the inputs of a connection needs, without reading a pixel. Owned by the call. */
struct cb_call_stack {
    struct cb_stack_source *source; /* [n] scale 1 */
    struct cb_header **header;      /* [n] raw metadata */
    struct cb_raw **raw;            /* [n] open files */
    size_t n;
    struct cb_isr_config isr;
    struct cb_isr_inputs inputs;
    const struct cb_call_input *input; /* [n] */
};
/* Errors: CB_ERR_CONFLICT two exposures have different calibrations; as the readers of the files. */
CB_MUST_CHECK bool cb_call_stack(struct cb_call *call, const char *connection,
                                 struct cb_call_stack *ret_stack, struct cb_error *err);
void cb_call_stack_done(struct cb_call_stack *stack);
/* As cb_call_process, of the exposure at place i of the connection's stack, whose file is open already. */
CB_MUST_CHECK bool cb_call_process_stacked(struct cb_call *call, const char *connection,
                                           const struct cb_call_stack *stack, size_t i,
                                           struct cb_image **ret_image, struct cb_header **ret_header,
                                           struct cb_isr_report *ret_report, struct cb_error *err);

/* Header of a calibration that the call has used already, borrowed; NULL: it has not, or it is no image. */
const struct cb_header *cb_call_calibration_header(const struct cb_call *call,
                                                   const struct cb_call_input *input);
/* As cb_verify_frame_level, of a calibration of a stack; measured once in a quantum. */
CB_MUST_CHECK bool cb_call_frame_level(struct cb_call *call, const struct cb_frame_source *frame,
                                       struct cb_box box, double *ret_median, double *ret_variance,
                                       struct cb_error *err);

/* An open calibration file of the call by connection ("bias" of the task, "LABEL:bias" of a fused one), kept
 * open for the whole quantum. NULL ret is not touched. */
CB_MUST_CHECK bool cb_call_read_yaml(struct cb_call *call, const struct cb_call_input *input,
                                     struct cb_yaml **ret_yaml, struct cb_error *err);

/* Cards LSST CALIB RUN|UUID|SHA256 <NAME> of every prerequisite of the call. */
CB_MUST_CHECK bool cb_call_stamp(struct cb_call *call, struct cb_header *header, struct cb_error *err);

/* Write an output: its file is complete under a temporary name when these return; it takes its place when the
 * quantum ends well. */
CB_MUST_CHECK bool cb_call_put_image(struct cb_call *call, const char *connection,
                                     const struct cb_image *image, const struct cb_header *header,
                                     struct cb_error *err);
CB_MUST_CHECK bool cb_call_put_frame(struct cb_call *call, const char *connection,
                                     const struct cb_frame_source *frame, const struct cb_header *header,
                                     struct cb_error *err);
/* Room on disk for an image of a detector, beside the outputs; to be freed before the quantum ends. */
CB_MUST_CHECK bool cb_call_frame_file(struct cb_call *call, const struct cb_geometry *geometry,
                                      struct cb_frame_file **ret_file, struct cb_error *err);
CB_MUST_CHECK bool cb_call_put_text(struct cb_call *call, const char *connection, const char *text,
                                    size_t size, struct cb_error *err);
/* Where an output of any other format is to be written by the task itself; to be freed. Counted as put. */
CB_MUST_CHECK bool cb_call_put_file(struct cb_call *call, const char *connection, char **ret_path,
                                    struct cb_error *err);
