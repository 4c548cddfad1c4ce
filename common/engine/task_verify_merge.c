/* lsst.cp.verify.CpVerify{Exp,Run}Merge...Task: detectors into an exposure, exposures into a run. */
#include "engine/call.h"
#include "engine/tasks.h"

#include "base/alloc.h"
#include "calib/verify_yaml.h"
#include "io/yaml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAMERA CB_DIM(CB_INSTRUMENT)
#define FRAME (CAMERA | CB_DIM(CB_DETECTOR) | CB_DIM(CB_EXPOSURE))
#define SHOT (CAMERA | CB_DIM(CB_EXPOSURE))
#define FILTER (CAMERA | CB_DIM(CB_PHYSICAL_FILTER))
#define STATS_TEXT_MAX (64u << 20)

/* Source: lsst/cp_verify mergeResults.py, CpVerifyMergeConfig. */
static const struct cb_config_field fields[] = {
    { "stageName", CB_CONFIG_TEXT, "NOSTAGE", NULL },
    { "hasInputResults", CB_CONFIG_BOOL, "false", "false" },
    { "hasMatrixCatalog", CB_CONFIG_BOOL, "false", "false" },
    { "calbus.upstreamTests", CB_CONFIG_BOOL, "false", NULL },
    { NULL, CB_CONFIG_BOOL, NULL, NULL },
};

/* ---- parts with their texts owned ---- */

struct parts {
    struct cb_verify_part *part;
    size_t count;
};

static void parts_done(struct parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        for (size_t k = 0; k < parts->part[i].count; k++)
            free((char *)parts->part[i].failures[k]);
        free((void *)parts->part[i].failures);
        free((char *)parts->part[i].name);
    }
    free(parts->part);
}
static inline void parts_done_at_exit(struct parts *parts)
{
    parts_done(parts);
}
#define auto_parts __attribute__((cleanup(parts_done_at_exit)))

static struct cb_verify_part *add_part(struct parts *parts, const char *name, bool success)
{
    parts->part = cb_xrealloc_array(parts->part, parts->count + 1, sizeof *parts->part);
    struct cb_verify_part *part = &parts->part[parts->count++];
    *part = (struct cb_verify_part){ .name = cb_xstrdup(name), .success = success };
    return part;
}

static void add_failure(struct cb_verify_part *part, char *text)
{
    const char **failures = cb_xrealloc_array((void *)part->failures, part->count + 1, sizeof *failures);
    failures[part->count++] = text;
    part->failures = failures;
}

/* ---- reading what is merged ---- */

static bool flag_of(const struct cb_yaml *yaml, const struct cb_yaml_node *node, bool *ret,
                    struct cb_error *err)
{
    if (cb_yaml_bool(node, ret))
        return true;
    return cb_yaml_fail(yaml, node, err, "a verification result is neither true nor false");
}

/* False tests of one mapping, each with a prefix; SUCCESS itself is no test. */
static bool add_false(const struct cb_yaml *yaml, const struct cb_yaml_node *tests, const char *prefix,
                      struct cb_verify_part *part, struct cb_error *err)
{
    for (size_t i = 0; tests != NULL && tests->kind == CB_YAML_MAPPING && i < tests->count; i++) {
        const char *key = cb_yaml_key(tests, i);
        bool passed;
        if (key == NULL || strcmp(key, "SUCCESS") == 0)
            continue;
        if (!flag_of(yaml, cb_yaml_value(tests, i), &passed, err))
            return false;
        if (!passed)
            add_failure(part, cb_xasprintf("%s%s", prefix, key));
    }
    return true;
}

/* Order of the source: the detector's own tests, then those of each amplifier that failed. */
static bool add_detector_failures(const struct cb_yaml *yaml, struct cb_verify_part *part,
                                  struct cb_error *err)
{
    const struct cb_yaml_node *verify = cb_yaml_get(cb_yaml_root(yaml), "VERIFY");
    const struct cb_yaml_node *amps = cb_yaml_get(verify, "AMP");
    if (!add_false(yaml, cb_yaml_get(verify, "DET"), "", part, err))
        return false;
    for (size_t i = 0; amps != NULL && amps->kind == CB_YAML_MAPPING && i < amps->count; i++) {
        const struct cb_yaml_node *tests = cb_yaml_value(amps, i);
        const char *amp = cb_yaml_key(amps, i);
        char prefix[40];
        bool success = true;
        if (amp == NULL || !flag_of(yaml, cb_yaml_get(tests, "SUCCESS"), &success, err))
            return amp == NULL ? cb_yaml_fail(yaml, tests, err, "an amplifier has no name") : false;
        snprintf(prefix, sizeof prefix, "%s ", amp);
        if (!success && !add_false(yaml, tests, prefix, part, err))
            return false;
    }
    return true;
}

static bool read_detector(struct cb_call *call, const struct cb_call_input *input, struct parts *parts,
                          double *ret_mean, struct cb_error *err)
{
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    bool success;
    if (!cb_call_read_yaml(call, input, &yaml, err))
        return false;
    const struct cb_yaml_node *root = cb_yaml_root(yaml);
    const char *name = cb_yaml_text(cb_yaml_path(root, "CALBUS", "detector_name", (char *)NULL));
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)input->data_id.detector);
    *ret_mean = NAN;
    (void)cb_yaml_real(cb_yaml_path(root, "DET", "MEAN", (char *)NULL), ret_mean);
    if (!flag_of(yaml, cb_yaml_get(root, "SUCCESS"), &success, err))
        return false;
    struct cb_verify_part *part = add_part(parts, name != NULL ? name : number, success);
    return success || add_detector_failures(yaml, part, err);
}

static bool put_text(struct cb_call *call, const struct cb_bytes *text, struct cb_error *err)
{
    if (!cb_bytes_ok(text))
        return cb_fail(err, CB_ERR_INVALID, "the merged statistics are longer than %u bytes", STATS_TEXT_MAX);
    return cb_call_put_text(call, "outputStats", cb_bytes_text(text), text->size, err);
}

/* ---- an exposure ---- */

/* A flat's detectors carry DET.MEAN; others none. */
static enum cb_verify_type type_of(const double *mean, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isnan(mean[i]))
            return CB_VERIFY_FLAT;
    return CB_VERIFY_BIAS;
}

static bool merge_exposure(struct cb_call *call, struct cb_error *err)
{
    auto_parts struct parts parts = { 0 };
    size_t first, count = cb_call_count(call, "inputStats", &first);
    cb_auto(cb_free) double *mean = cb_xalloc_array(count + 1, sizeof *mean);
    for (size_t i = 0; i < count; i++)
        if (!read_detector(call, &call->input[first + i], &parts, &mean[i], err))
            return false;

    struct cb_verify_limits limits = cb_verify_limits_default();
    struct cb_verify_result tests[CB_VERIFY_TESTS_MAX];
    double scatter = NAN;
    limits.upstream = cb_config_flag(call->config, "calbus.upstreamTests");
    size_t made = cb_verify_exposure_tests(type_of(mean, count), mean, count, &limits, &scatter, tests);
    cb_auto_bytes struct cb_bytes text = CB_BYTES(STATS_TEXT_MAX);
    cb_verify_yaml_exposure(parts.part, parts.count, tests, made, scatter, &text, NULL);
    return put_text(call, &text, err);
}

/* ---- a run ---- */

static bool is_detector(const char *key)
{
    return strcmp(key, "SUCCESS") != 0 && strcmp(key, "EXP") != 0 && strcmp(key, "VERIFY") != 0;
}

static void add_name(struct parts *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->part[i].name, name) == 0)
            return;
    (void)add_part(names, name, true);
}

static bool add_exposure_failures(const struct cb_yaml *yaml, struct cb_verify_part *part,
                                  struct cb_error *err)
{
    const struct cb_yaml_node *root = cb_yaml_root(yaml);
    if (!add_false(yaml, cb_yaml_path(root, "VERIFY", "EXP", (char *)NULL), "", part, err))
        return false;
    for (size_t i = 0; i < root->count; i++) {
        const char *name = cb_yaml_key(root, i);
        const struct cb_yaml_node *failures = cb_yaml_get(cb_yaml_value(root, i), "FAILURES");
        if (name == NULL || !is_detector(name) || failures == NULL || failures->kind != CB_YAML_SEQUENCE)
            continue;
        for (size_t k = 0; k < failures->count; k++) {
            const char *text = cb_yaml_text(failures->item[k]);
            add_failure(part, cb_xasprintf("%s %s", name, text != NULL ? text : "?"));
        }
    }
    return true;
}

/* A detector that other exposures of the run have: missing, which is no success. */
static void add_missing(const struct cb_yaml_node *root, const struct parts *names,
                        struct cb_verify_part *part)
{
    for (size_t i = 0; i < names->count; i++)
        if (cb_yaml_get(root, names->part[i].name) == NULL) {
            add_failure(part, cb_xasprintf("%s NO_DATA", names->part[i].name));
            part->success = false;
        }
}

static bool read_exposure(const struct cb_yaml *yaml, int64_t exposure, const struct parts *names,
                          struct parts *parts, struct cb_error *err)
{
    const struct cb_yaml_node *root = cb_yaml_root(yaml);
    char name[24];
    bool success;
    snprintf(name, sizeof name, "%lld", (long long)exposure);
    if (!flag_of(yaml, cb_yaml_get(root, "SUCCESS"), &success, err))
        return false;
    struct cb_verify_part *part = add_part(parts, name, success);
    if (!success && !add_exposure_failures(yaml, part, err))
        return false;
    add_missing(root, names, part);
    return true;
}

static void note_names(const struct cb_yaml_node *root, struct parts *names)
{
    for (size_t i = 0; root != NULL && root->kind == CB_YAML_MAPPING && i < root->count; i++)
        if (cb_yaml_key(root, i) != NULL && is_detector(cb_yaml_key(root, i)))
            add_name(names, cb_yaml_key(root, i));
}

static bool merge_read(struct cb_call *call, size_t first, size_t count, struct cb_yaml **yaml,
                       struct parts *parts, struct cb_error *err)
{
    auto_parts struct parts names = { 0 };
    for (size_t i = 0; i < count; i++) {
        if (!cb_call_read_yaml(call, &call->input[first + i], &yaml[i], err))
            return false;
        note_names(cb_yaml_root(yaml[i]), &names);
    }
    for (size_t i = 0; i < count; i++)
        if (!read_exposure(yaml[i], call->input[first + i].data_id.exposure, &names, parts, err))
            return false;
    return true;
}

static bool merge_run(struct cb_call *call, struct cb_error *err)
{
    auto_parts struct parts parts = { 0 };
    size_t first, count = cb_call_count(call, "inputStats", &first);
    struct cb_yaml **yaml = cb_xalloc_array(count + 1, sizeof(struct cb_yaml *));
    bool merged = merge_read(call, first, count, yaml, &parts, err);
    for (size_t i = 0; i < count; i++)
        cb_yaml_free(yaml[i]);
    free(yaml);
    if (!merged)
        return false;
    cb_auto_bytes struct cb_bytes text = CB_BYTES(STATS_TEXT_MAX);
    cb_verify_yaml_run(parts.part, parts.count, &text, NULL);
    return put_text(call, &text, err);
}

static const struct cb_connection exposure_connections[] = {
    { "inputStats", CB_CONNECT_INPUT, "detectorStats", "StructuredDataDict", FRAME, false, false, NULL },
    { "outputStats", CB_CONNECT_OUTPUT, "exposureStats", "StructuredDataDict", SHOT, false, false, NULL },
    { NULL, CB_CONNECT_INPUT, NULL, NULL, 0, false, false, NULL },
};

static const struct cb_connection run_connections[] = {
    { "inputStats", CB_CONNECT_INPUT, "exposureStats", "StructuredDataDict", SHOT, false, false, NULL },
    { "outputStats", CB_CONNECT_OUTPUT, "runStats", "StructuredDataDict", CAMERA, false, false, NULL },
    { NULL, CB_CONNECT_INPUT, NULL, NULL, 0, false, false, NULL },
};

static const struct cb_connection filter_connections[] = {
    { "inputStats", CB_CONNECT_INPUT, "exposureStats", "StructuredDataDict", SHOT, false, false, NULL },
    { "outputStats", CB_CONNECT_OUTPUT, "runStats", "StructuredDataDict", FILTER, false, false, NULL },
    { NULL, CB_CONNECT_INPUT, NULL, NULL, 0, false, false, NULL },
};

const struct cb_task_class cb_task_verify_exp_merge = {
    .name = "lsst.cp.verify.CpVerifyExpMergeTask",
    .alias = "lsst.cp.verify.mergeResults.CpVerifyExpMergeTask",
    .dims = SHOT,
    .batch = 1,
    .fields = fields,
    .connections = exposure_connections,
    .run = merge_exposure,
};

const struct cb_task_class cb_task_verify_exp_merge_by_filter = {
    .name = "lsst.cp.verify.CpVerifyExpMergeByFilterTask",
    .alias = "lsst.cp.verify.mergeResults.CpVerifyExpMergeByFilterTask",
    .dims = SHOT,
    .batch = 1,
    .fields = fields,
    .connections = exposure_connections,
    .run = merge_exposure,
};

const struct cb_task_class cb_task_verify_run_merge = {
    .name = "lsst.cp.verify.CpVerifyRunMergeTask",
    .alias = "lsst.cp.verify.mergeResults.CpVerifyRunMergeTask",
    .dims = CAMERA,
    .fields = fields,
    .connections = run_connections,
    .run = merge_run,
};

const struct cb_task_class cb_task_verify_run_merge_by_filter = {
    .name = "lsst.cp.verify.CpVerifyRunMergeByFilterTask",
    .alias = "lsst.cp.verify.mergeResults.CpVerifyRunMergeByFilterTask",
    .dims = FILTER,
    .fields = fields,
    .connections = filter_connections,
    .run = merge_run,
};
