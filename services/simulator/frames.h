/* Takes the exposures of a schedule and writes their files, by several threads. */
#pragma once

#include "camera.h"
#include "io/fits_build.h"
#include "schedule.h"

struct frames_request {
    const struct camera *camera;
    const struct schedule *schedule;
    const char *folder;
    struct cb_sim_effects effects;
    bool plain; /* no compression at all */
    int threads;
    void (*progress)(void *self, size_t done, size_t of); /* called by one thread at a time; may be NULL */
    void *self;
};

/* How many files the schedule gives. */
size_t frames_count(const struct frames_request *request);

/* Memory of one thread. */
struct frame_work;
struct frame_work *frame_work_new(const struct cb_sim_layout *layout);
void frame_work_free(struct frame_work *work);
CB_DEFINE_CLEANUP(struct frame_work *, frame_work_free)

/* The raw file of one exposure of one detector, in the memory of work; primary may be altered before. */
CB_MUST_CHECK bool frame_build(const struct frames_request *request, const struct shot *shot, size_t detector,
                               const struct cb_header *primary, struct frame_work *work,
                               struct cb_fits_build **ret_file, struct cb_error *err);

/*
 * Write all files, exposure by exposure. The bytes do not depend on the number of threads.
 *
 * Errors    CB_ERR_NOT_FOUND, CB_ERR_TRANSIENT  as cb_fits_place; the first failure ends the work
 */
CB_MUST_CHECK bool frames_write(const struct frames_request *request, struct cb_error *err);
