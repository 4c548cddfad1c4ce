/* Counters, gauges and histograms in Prometheus' text form 0.0.4. Thread-safe; one registry a process.
 *
 *   cb_metric_define(CB_COUNTER, "calbus_events_consumed_total", "Events taken from the broker, by result.");
 *   cb_metric_add("calbus_events_consumed_total", 1, CB_LABELS({ "topic", topic }, { "result", "handled" }));
 *
 * Names as ux.md 2.8: calbus_<subsystem>_<what>_<unit>, base units, counters end in _total, no label of
 * unbounded values. */
#pragma once

#include "base/bytes.h"

#include <stddef.h>

enum cb_metric_type { CB_COUNTER, CB_GAUGE, CB_HISTOGRAM };
enum { CB_METRIC_LABELS_MAX = 6 };

struct cb_label {
    const char *name, *value;
};
#define CB_LABELS(...)                                                                                       \
    (const struct cb_label[]){ __VA_ARGS__ },                                                                \
        sizeof((const struct cb_label[]){ __VA_ARGS__ }) / sizeof(struct cb_label)
#define CB_NO_LABELS NULL, 0

/* Make a family; a second time changes nothing. A histogram has the buckets .005 .01 .025 .05 .1 .25 .5 1 2.5
 * 5 10 30 60 +Inf (seconds). name and help must live on. */
void cb_metric_define(enum cb_metric_type type, const char *name, const char *help);
/* Count up; set; observe. An undefined name is ignored. */
void cb_metric_add(const char *name, double by, const struct cb_label *labels, size_t n);
void cb_metric_set(const char *name, double value, const struct cb_label *labels, size_t n);
void cb_metric_observe(const char *name, double value, const struct cb_label *labels, size_t n);
/* Forget the series of a gauge, before it is set anew. */
void cb_metric_clear(const char *name);

/* Everything, with the process's own (process_cpu_seconds_total, ...). */
void cb_metrics_write(struct cb_bytes *out);
