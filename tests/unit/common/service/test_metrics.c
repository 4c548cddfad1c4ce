/* Metrics in Prometheus' text form. */
#include "service/metrics.h"
#include "support/spec.h"

#include <string.h>

static void has(const char *line)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(1 << 20);
    cb_metrics_write(&text);
    if (strstr(cb_bytes_text(&text), line) == NULL)
        fail_msg("\"%s\" is not in\n%s", line, cb_bytes_text(&text));
}

static void a_counter_counts_per_labels(void **state)
{
    (void)state;
    cb_metric_define(CB_COUNTER, "t_events_total", "Events.");
    cb_metric_add("t_events_total", 1, CB_LABELS({ "topic", "a" }, { "result", "ok" }));
    cb_metric_add("t_events_total", 2, CB_LABELS({ "topic", "a" }, { "result", "ok" }));
    cb_metric_add("t_events_total", 5, CB_LABELS({ "topic", "b" }, { "result", "ok" }));
    has("# HELP t_events_total Events.\n# TYPE t_events_total "
        "counter\nt_events_total{topic=\"a\",result=\"ok\"} 3\n"
        "t_events_total{topic=\"b\",result=\"ok\"} 5\n");
}

static void a_gauge_is_set_and_forgotten(void **state)
{
    (void)state;
    cb_metric_define(CB_GAUGE, "t_lag", "Lag.");
    cb_metric_set("t_lag", 4, CB_LABELS({ "partition", "0" }));
    cb_metric_set("t_lag", 1.5, CB_LABELS({ "partition", "0" }));
    has("\nt_lag{partition=\"0\"} 1.5\n");
    cb_metric_clear("t_lag");
    cb_metric_set("t_lag", 0, CB_NO_LABELS);
    has("# TYPE t_lag gauge\nt_lag 0\n");
}

static void a_histogram_has_cumulative_buckets(void **state)
{
    (void)state;
    cb_metric_define(CB_HISTOGRAM, "t_seconds", "Time.");
    cb_metric_observe("t_seconds", 0.02, CB_NO_LABELS);
    cb_metric_observe("t_seconds", 0.5, CB_NO_LABELS);
    cb_metric_observe("t_seconds", 100, CB_NO_LABELS);
    has("t_seconds_bucket{le=\"0.01\"} 0\nt_seconds_bucket{le=\"0.025\"} 1\n");
    has("t_seconds_bucket{le=\"0.5\"} 2\n");
    has("t_seconds_bucket{le=\"60\"} 2\nt_seconds_bucket{le=\"+Inf\"} 3\nt_seconds_sum 100.52");
    has("t_seconds_count 3\n");
}

static void label_values_are_escaped(void **state)
{
    (void)state;
    cb_metric_define(CB_GAUGE, "t_escaped", "E.");
    cb_metric_set("t_escaped", 1, CB_LABELS({ "x", "a\"b\\c\nd" }));
    has("t_escaped{x=\"a\\\"b\\\\c\\nd\"} 1\n");
}

static void an_undefined_name_is_ignored(void **state)
{
    (void)state;
    cb_metric_add("t_nowhere_total", 1, CB_NO_LABELS);
    cb_auto_bytes struct cb_bytes text = CB_BYTES(1 << 20);
    cb_metrics_write(&text);
    assert_null(strstr(cb_bytes_text(&text), "t_nowhere_total"));
}

static void the_process_tells_of_itself(void **state)
{
    (void)state;
    has("# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total ");
    has("# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes ");
    has("process_start_time_seconds ");
    has("process_open_fds ");
}

int main(void)
{
    const struct CMUnitTest metrics[] = {
        cmocka_unit_test(a_counter_counts_per_labels),        cmocka_unit_test(a_gauge_is_set_and_forgotten),
        cmocka_unit_test(a_histogram_has_cumulative_buckets), cmocka_unit_test(label_values_are_escaped),
        cmocka_unit_test(an_undefined_name_is_ignored),       cmocka_unit_test(the_process_tells_of_itself),
    };
    return cmocka_run_group_tests_name("metrics", metrics, NULL, NULL);
}
