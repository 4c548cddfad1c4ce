/* What is behind a call: files kept open for a quantum, and the outputs it has written so far. Private to the
 * engine. */
#pragma once

#include "butler/repository.h"
#include "engine/call.h"
#include "io/fits_exposure.h"
#include "io/fits_ptc.h"

/* Median and variance of a box of a calibration, once measured. */
struct cb_frame_level {
    struct cb_box box;
    double median, variance;
};

/* A calibration file in use. */
struct cb_open_calibration {
    char id[CB_UUID_TEXT_SIZE];
    char sha256[65];
    struct cb_ptc *ptc;
    struct cb_exposure_file *file;
    struct cb_frame_source frame;
    struct cb_frame_level *level;
    size_t levels;
};

/* An output of the quantum. */
struct cb_call_output {
    char id[CB_UUID_TEXT_SIZE];
    char *connection, *dataset_type;
    int64_t detector, exposure;
    char *physical_filter, *band;
    char *path; /* temporary file; NULL until it is written */
    int64_t size_bytes;
    char sha256[65];
};

struct cb_call_state {
    struct cb_db *db;                         /* for checksums that are known; NULL: they are computed */
    char *folder;                             /* of temporary files */
    struct cb_open_calibration **calibration; /* each stays where it is: frames point into it */
    size_t calibrations;
    struct cb_call_output *output;
    size_t outputs;
};

void cb_call_state_done(struct cb_call_state *state);

/* Which output of the state a call means by a connection; NULL when the plan has none. */
struct cb_call_output *cb_call_output_find(const struct cb_call *call, const char *connection);
/* A prerequisite of the call by its full name that holds for an exposure; NULL: there is none. */
const struct cb_call_input *cb_call_prerequisite(const struct cb_call *call, const char *name,
                                                 int64_t exposure);
