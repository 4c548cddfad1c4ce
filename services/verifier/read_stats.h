/* Reads a verify*DetStats dictionary back into what is stored of it. Pure but for the parsed YAML. */
#pragma once

#include "base/bytes.h"
#include "io/yaml.h"

/* One frame's results. Owned. */
struct frame_stats {
    char *detector_name, *calib_run, *calib_uuid, *calib_sha256; /* "" when the file does not say */
    bool was_input, success;
    struct cb_bytes tests;  /* JSON: [{amp, test, metric, unit, outcome, counts, value, limit}] */
    struct cb_bytes values; /* JSON: [{name, amp, unit, value}] */
};
void frame_stats_done(struct frame_stats *stats);
static inline void frame_stats_done_at_exit(struct frame_stats *stats)
{
    frame_stats_done(stats);
}
#define auto_frame_stats __attribute__((cleanup(frame_stats_done_at_exit)))

/* Errors: INVALID a key that is needed is missing or of another kind, naming place and key. */
CB_MUST_CHECK bool read_frame_stats(const struct cb_yaml *yaml, struct frame_stats *ret_stats,
                                    struct cb_error *err);
