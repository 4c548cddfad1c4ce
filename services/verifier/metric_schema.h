/* The Avro schema of a metric record, and its values in the schema's order. Pure. */
#pragma once

#include "base/bytes.h"
#include "calib/verify_measure.h"

/* One record of the history, as it is published. Texts are borrowed. */
struct metric_record {
    const char *id, *run, *instrument, *physical_filter, *band, *dataset_tag, *calib_id, *vendor;
    enum cb_verify_type type;
    int64_t exposure;
    int detector, day_obs;
    double run_timestamp, timestamp; /* Unix s, UTC */
    bool success;
    int failed;
};
/* A value of it; amp "" is the detector. "FAIL_NOISE": how many amplifiers failed that test. */
struct metric_value {
    const char *name, *amp;
    double value;
};

/* "lsst.cp.verifyBias". */
void metric_topic(enum cb_verify_type type, char *ret_topic, size_t size);
/* The schema, JSON: the fields of Sasquatch in their order, calib_id, calib_type, vendor, success, n_failed,
 * then a nullable double for each metric and amplifier (NOISE_C00), then an int for each test (FAIL_NOISE).
 * Fields are only ever added at its end. */
void metric_schema(enum cb_verify_type type, struct cb_bytes *out);
/* The record's body in the order of that schema; a metric that is not among the values is null, a test
 * without failures 0. */
void metric_encode(const struct metric_record *record, const struct metric_value *values, size_t count,
                   struct cb_bytes *out);
