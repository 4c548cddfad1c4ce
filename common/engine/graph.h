/* The quantum graph: from a pipeline and the raw frames of a data query to pieces of work, each with the
 * exact datasets that it reads and makes.
 *
 * A task that is fused (ISR) gets no quanta of its own: whoever reads its output is fed by the fused task's
 * own input and prerequisites. A task with exposures is cut into quanta of a few exposures of one detector;
 * any other has one quantum for each of its data IDs. Every id follows from the run's, so that planning twice
 * gives the same graph. */
#pragma once

#include "base/uuid.h"
#include "domain/timespan.h"
#include "engine/pipeline.h"

/* One raw frame that the data query selected. */
struct cb_frame {
    char dataset_id[CB_UUID_TEXT_SIZE];
    char *dataset_type, *run;
    int64_t detector, exposure;
    char *physical_filter, *band;
    struct cb_timespan when;
};

/* Where an existing dataset is asked for: what is -1 or NULL is not part of its data ID. */
struct cb_lookup_key {
    int64_t detector, exposure;
    const char *physical_filter;
    struct cb_timespan when;
};
struct cb_lookup_answer {
    char dataset_id[CB_UUID_TEXT_SIZE]; /* "": there is none */
    char *run;
};
struct cb_lookup {
    void *self;
    /* Find-first along the inputs for n keys at once; ret_answer[n] is zeroed by the caller, who frees run.
     */
    bool (*find)(void *self, const char *dataset_type, const struct cb_lookup_key *keys, size_t n,
                 struct cb_lookup_answer *ret_answer, struct cb_error *err);
};

/* A dataset that a quantum reads or makes. */
struct cb_graph_dataset {
    char dataset_id[CB_UUID_TEXT_SIZE];
    char *connection;         /* "inputExpHandles", "cpBiasIsr:ptc" */
    const char *dataset_type; /* borrowed from the pipeline */
    char *run;
    int64_t detector, exposure;         /* -1: not part of its data ID, or the same for every exposure */
    const char *physical_filter, *band; /* borrowed from the frames; NULL */
};

struct cb_graph_quantum {
    char id[CB_UUID_TEXT_SIZE];
    const struct cb_pipeline_task *task;
    int64_t detector; /* -1 */
    const char *physical_filter, *band;
    int64_t *exposure; /* [exposures], in order; empty when the task has none */
    size_t exposures;
    struct cb_graph_dataset *input, *output;
    size_t inputs, outputs;
    size_t *needs; /* indices of quanta that must be done first */
    size_t need_count;
};

struct cb_graph {
    struct cb_graph_quantum *quantum; /* producers first */
    size_t quanta;
};

/*
 * Build the graph of a run.
 *
 * frames     [n] sorted here by (detector, exposure); must outlive the graph, as the pipeline
 * output_run RUN collection of what is made
 *
 * Errors     CB_ERR_INVALID    no frame, or a task that no frame reaches
 *            CB_ERR_NOT_FOUND  a prerequisite is not there, naming type, detector and exposure
 *            whatever the look-up reports
 */
CB_MUST_CHECK bool cb_graph_build(const struct cb_pipeline *pipeline, const char *run_id,
                                  const char *output_run, struct cb_frame *frames, size_t n,
                                  const struct cb_lookup *lookup, struct cb_graph **ret_graph,
                                  struct cb_error *err);
void cb_graph_free(struct cb_graph *graph);
CB_DEFINE_CLEANUP(struct cb_graph *, cb_graph_free)

/* The tasks that feed a dataset type without a file: NULL fields when it comes as files. */
struct cb_feed {
    const struct cb_pipeline_task *isr, *cosmic_rays; /* the last of the chain that is no ISR; may be NULL */
    const char *dataset_type;                         /* what the chain reads: "raw" */
};
struct cb_feed cb_feed_of(const struct cb_pipeline *pipeline, const char *dataset_type);

/* The input connection of a task that is its main one: the first of its table. */
const char *cb_main_input(const struct cb_pipeline_task *task);
