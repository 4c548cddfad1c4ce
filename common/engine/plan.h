/* Planning a run: raw frames by its data query, calibrations along its inputs, the graph, and the rows of
 * both. */
#pragma once

#include "butler/repository.h"
#include "engine/run_store.h"

/* Frames of a data query: every dataset of the type that the pipeline reads from outside, first along the
 * inputs. Sorted by (exposure, detector). Errors: CB_ERR_INVALID the expression; CB_ERR_NOT_FOUND a
 * collection. */
struct cb_frame_list {
    struct cb_frame *frame;
    size_t count;
    char instrument[33];
};
CB_MUST_CHECK bool cb_frames_query(struct cb_repo *repo, const char *dataset_type,
                                   const struct cb_texts *inputs, const char *where,
                                   struct cb_frame_list *ret_frames, struct cb_error *err);
void cb_frame_list_done(struct cb_frame_list *frames);

/* The dataset type that the pipeline's first task reads from outside ("raw"), NULL when there is none. */
const char *cb_plan_source(const struct cb_pipeline *pipeline);
/* The calibration that the pipeline makes ("bias"): the output of its last task that is one; "" when none is.
 */
const char *cb_plan_product(const struct cb_pipeline *pipeline);

/* Refuse a RUN that holds datasets, with the hint what to change. */
CB_MUST_CHECK bool cb_plan_check_output(struct cb_repo *repo, const char *output_run, struct cb_error *err);

/*
 * Plan a run in the open transaction of db, calbus's own database, of which the repository is part: register
 * dataset types, RUN and CHAINED collection, write quanta; run->instrument, dataset_type and physical_filter
 * are filled in.
 *
 * ret_quanta  how many were made
 *
 * Errors      CB_ERR_INVALID, CB_ERR_NOT_FOUND, CB_ERR_CONFLICT  the run can never be done as it was asked
 * for
 */
CB_MUST_CHECK bool cb_plan_run(struct cb_repo *repo, struct cb_db *db, struct cb_run *run, size_t *ret_quanta,
                               struct cb_error *err);
/* Everything cb_plan_run checks, with nothing written. */
CB_MUST_CHECK bool cb_plan_check(struct cb_repo *repo, struct cb_run *run, size_t *ret_quanta,
                                 struct cb_error *err);
