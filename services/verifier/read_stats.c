/* Reads a verify*DetStats dictionary. */
#include "read_stats.h"

#include "base/alloc.h"
#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX (4u << 20)

void frame_stats_done(struct frame_stats *stats)
{
    free(stats->detector_name);
    free(stats->calib_run);
    free(stats->calib_uuid);
    free(stats->calib_sha256);
    cb_bytes_done(&stats->tests);
    cb_bytes_done(&stats->values);
}

static const char *text_of(const struct cb_yaml_node *node, const char *key)
{
    const char *text = cb_yaml_text(cb_yaml_get(node, key));
    return text != NULL ? text : "";
}

static double real_of(const struct cb_yaml_node *node)
{
    double value = NAN;
    (void)cb_yaml_real(node, &value);
    return value;
}

static bool copy_test(const struct cb_yaml *yaml, const struct cb_yaml_node *test, struct cb_json *json,
                      struct cb_error *err)
{
    static const char *const keys[] = { "amp", "test", "metric", "unit", "outcome" };
    bool counts;
    if (test->kind != CB_YAML_MAPPING || !cb_yaml_bool(cb_yaml_get(test, "counts"), &counts))
        return cb_yaml_fail(yaml, test, err, "a test does not say whether it counts");
    cb_json_open(json, NULL, '{');
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        cb_json_str(json, keys[i], text_of(test, keys[i]));
    cb_json_bool(json, "counts", counts);
    cb_json_real(json, "value", real_of(cb_yaml_get(test, "value")));
    cb_json_real(json, "limit", real_of(cb_yaml_get(test, "limit")));
    cb_json_close(json);
    return true;
}

static bool copy_tests(const struct cb_yaml *yaml, const struct cb_yaml_node *tests, struct cb_bytes *out,
                       struct cb_error *err)
{
    struct cb_json json = CB_JSON(out);
    if (tests == NULL || tests->kind != CB_YAML_SEQUENCE)
        return cb_yaml_fail(yaml, cb_yaml_root(yaml), err, "the list CALBUS.TESTS is missing");
    cb_json_open(&json, NULL, '[');
    for (size_t i = 0; i < tests->count; i++)
        if (!copy_test(yaml, tests->item[i], &json, err))
            return false;
    cb_json_close(&json);
    return true;
}

static void put_value(struct cb_json *json, const char *name, const char *amp, const char *unit, double value)
{
    cb_json_open(json, NULL, '{');
    cb_json_str(json, "name", name);
    cb_json_str(json, "amp", amp);
    cb_json_str(json, "unit", unit);
    cb_json_real(json, "value", value);
    cb_json_close(json);
}

/* {C00: 1.0, C01: 2.0} under one name. */
static void copy_by_amp(const struct cb_yaml_node *map, const char *name, const char *unit,
                        struct cb_json *json)
{
    for (size_t i = 0; map != NULL && map->kind == CB_YAML_MAPPING && i < map->count; i++)
        if (cb_yaml_key(map, i) != NULL)
            put_value(json, name, cb_yaml_key(map, i), unit, real_of(cb_yaml_value(map, i)));
}

/* {MEAN: 1.0, NOISE: 2.0} of one amplifier, or of the detector (amp ""). */
static void copy_metrics(const struct cb_yaml_node *map, const char *amp, struct cb_json *json)
{
    for (size_t i = 0; map != NULL && map->kind == CB_YAML_MAPPING && i < map->count; i++)
        if (cb_yaml_key(map, i) != NULL)
            put_value(json, cb_yaml_key(map, i), amp, "electron", real_of(cb_yaml_value(map, i)));
}

static void copy_values(const struct cb_yaml_node *root, struct cb_bytes *out)
{
    const struct cb_yaml_node *amps = cb_yaml_get(root, "AMP");
    struct cb_json json = CB_JSON(out);
    cb_json_open(&json, NULL, '[');
    for (size_t i = 0; amps != NULL && amps->kind == CB_YAML_MAPPING && i < amps->count; i++)
        if (cb_yaml_key(amps, i) != NULL)
            copy_metrics(cb_yaml_value(amps, i), cb_yaml_key(amps, i), &json);
    copy_metrics(cb_yaml_get(root, "DET"), "", &json);
    copy_by_amp(cb_yaml_path(root, "METADATA", "READ_NOISE_ADU", (char *)NULL), "READ_NOISE_ADU", "adu",
                &json);
    copy_by_amp(cb_yaml_path(root, "CALBUS", "MEAN_SIG", (char *)NULL), "MEAN_SIG", "", &json);
    cb_json_close(&json);
}

static void give_away(struct frame_stats *stats, struct frame_stats *ret_stats)
{
    *ret_stats = *stats;
    *stats = (struct frame_stats){ 0 };
}

bool read_frame_stats(const struct cb_yaml *yaml, struct frame_stats *ret_stats, struct cb_error *err)
{
    const struct cb_yaml_node *root = cb_yaml_root(yaml), *calbus = cb_yaml_get(root, "CALBUS");
    auto_frame_stats struct frame_stats stats = { .tests = { .max = LIST_MAX },
                                                  .values = { .max = LIST_MAX } };
    if (!cb_yaml_bool(cb_yaml_get(root, "SUCCESS"), &stats.success))
        return cb_yaml_fail(yaml, root, err, "SUCCESS is neither true nor false");
    if (!cb_yaml_bool(cb_yaml_get(calbus, "input"), &stats.was_input))
        return cb_yaml_fail(yaml, root, err, "CALBUS.input is neither true nor false");
    if (!copy_tests(yaml, cb_yaml_get(calbus, "TESTS"), &stats.tests, err))
        return false;
    copy_values(root, &stats.values);
    if (!cb_bytes_ok(&stats.tests) || !cb_bytes_ok(&stats.values))
        return cb_yaml_fail(yaml, root, err, "the statistics are longer than %u bytes", LIST_MAX);
    stats.detector_name = cb_xstrdup(text_of(calbus, "detector_name"));
    stats.calib_run = cb_xstrdup(text_of(calbus, "calib_run"));
    stats.calib_uuid = cb_xstrdup(text_of(calbus, "calib_uuid"));
    stats.calib_sha256 = cb_xstrdup(text_of(calbus, "calib_sha256"));
    give_away(&stats, ret_stats);
    return true;
}
