/* The Avro schema of a metric record. Source of the common fields: lsst/analysis_tools _dispatcher.py. */
#include "metric_schema.h"

#include "base/alloc.h"
#include "base/json.h"
#include "io/avro.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AMPS 16
#define METRICS_MAX 8

struct metric {
    const char *name, *unit;
    bool by_amp;
};

/* Each type's metrics, ended by NULL; the order is part of the schema. */
static const struct metric metrics[CB_VERIFY_TYPES][METRICS_MAX] = {
    [CB_VERIFY_BIAS] = { { "MEAN", "electron", true },
                         { "NOISE", "electron", true },
                         { "CR_NOISE", "electron", true },
                         { "AMP_CORNER", "electron", true },
                         { "READ_NOISE_ADU", "adu", true },
                         { NULL, NULL, false } },
    [CB_VERIFY_DARK] = { { "MEAN", "electron", true },
                         { "NOISE", "electron", true },
                         { "CR_NOISE", "electron", true },
                         { "READ_NOISE_ADU", "adu", true },
                         { NULL, NULL, false } },
    [CB_VERIFY_FLAT] = { { "MEAN", "electron", true },
                         { "NOISE", "electron", true },
                         { "READ_NOISE_ADU", "adu", true },
                         { "MEAN", "electron", false },
                         { "SCATTER", "electron", false },
                         { NULL, NULL, false } },
};

/* Each type's tests, ended by NULL; as the metrics. */
static const char *const tests[CB_VERIFY_TYPES][METRICS_MAX] = {
    [CB_VERIFY_BIAS] = { "MEAN", "NOISE", "CR_NOISE", "PROCESSING", "READ_NOISE_CONSISTENT", NULL },
    [CB_VERIFY_DARK] = { "MEAN", "NOISE", "CR_NOISE", "PROCESSING", "READ_NOISE_CONSISTENT", NULL },
    [CB_VERIFY_FLAT] = { "NOISE", "LEVEL", "SCATTER", NULL },
};

static const char *const texts_before[] = { "id", "run", "dataset_type", "reference_package",
                                            "reference_package_version" };
static const char *const times[] = { "reference_package_timestamp", "run_timestamp", "timestamp" };
static const char *const texts_after[] = { "dataset_tag", "detector", "patch",           "skymap",
                                           "visit",       "tract",    "physical_filter", "instrument",
                                           "band",        "exposure", "group",           "day_obs" };
#define COUNT(list) (sizeof(list) / sizeof *(list))

/* C00 .. C07, C10 .. C17. */
static void amp_name(size_t i, char ret_name[8])
{
    snprintf(ret_name, 8, "C%zu%zu", i / 8, i % 8);
}

static void type_name(enum cb_verify_type type, char *ret_name, size_t size)
{
    const char *name = cb_verify_type_name(type);
    snprintf(ret_name, size, "verify%c%s", cb_verify_stage(type)[0], name + 1);
}

void metric_topic(enum cb_verify_type type, char *ret_topic, size_t size)
{
    char name[32];
    type_name(type, name, sizeof name);
    snprintf(ret_topic, size, "lsst.cp.%s", name);
}

/* ---- schema ---- */

static void put_field(struct cb_json *json, const char *name, const char *type, const char *initial)
{
    cb_json_open(json, NULL, '{');
    cb_json_str(json, "name", name);
    cb_json_str(json, "type", type);
    if (initial != NULL)
        cb_json_raw(json, "default", initial);
    cb_json_close(json);
}

static void put_metric_field(struct cb_json *json, const char *name, const char *unit)
{
    cb_json_open(json, NULL, '{');
    cb_json_str(json, "name", name);
    cb_json_open(json, "type", '[');
    cb_json_str(json, NULL, "null");
    cb_json_str(json, NULL, "double");
    cb_json_close(json);
    cb_json_null(json, "default");
    cb_json_str(json, "units", unit);
    cb_json_close(json);
}

static void put_metric_fields(struct cb_json *json, const struct metric *metric)
{
    char name[64], amp[8];
    for (size_t i = 0; i < (metric->by_amp ? AMPS : 1); i++) {
        amp_name(i, amp);
        snprintf(name, sizeof name, "%s%s%s", metric->name, metric->by_amp ? "_" : "_DET",
                 metric->by_amp ? amp : "");
        put_metric_field(json, name, metric->unit);
    }
}

void metric_schema(enum cb_verify_type type, struct cb_bytes *out)
{
    char name[32];
    struct cb_json json = CB_JSON(out);
    type_name(type, name, sizeof name);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "type", "record");
    cb_json_str(&json, "namespace", "lsst.cp");
    cb_json_str(&json, "name", name);
    cb_json_open(&json, "fields", '[');
    for (size_t i = 0; i < COUNT(texts_before); i++)
        put_field(&json, texts_before[i], "string", "\"\"");
    for (size_t i = 0; i < COUNT(times); i++)
        put_field(&json, times[i], "double", NULL);
    for (size_t i = 0; i < COUNT(texts_after); i++)
        put_field(&json, texts_after[i], "string", "\"\"");
    put_field(&json, "calib_id", "string", "\"\"");
    put_field(&json, "calib_type", "string", "\"\"");
    put_field(&json, "vendor", "string", "\"\"");
    put_field(&json, "success", "boolean", "false");
    put_field(&json, "n_failed", "int", "0");
    for (const struct metric *metric = metrics[type]; metric->name != NULL; metric++)
        put_metric_fields(&json, metric);
    for (const char *const *test = tests[type]; *test != NULL; test++) {
        cb_auto(cb_free) char *field = cb_xasprintf("FAIL_%s", *test);
        put_field(&json, field, "int", "0");
    }
    cb_json_close(&json);
    cb_json_close(&json);
}

/* ---- record ---- */

static void put_number_text(struct cb_bytes *out, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)number);
    cb_avro_string(out, text);
}

static double find_value(const struct metric_value *values, size_t count, const char *name, const char *amp)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].name, name) == 0 && strcmp(values[i].amp, amp) == 0)
            return values[i].value;
    return NAN;
}

static void put_data_id(const struct metric_record *record, struct cb_bytes *out)
{
    put_number_text(out, record->detector);
    for (int i = 0; i < 4; i++) /* patch, skymap, visit, tract */
        cb_avro_string(out, "");
    cb_avro_string(out, record->physical_filter);
    cb_avro_string(out, record->instrument);
    cb_avro_string(out, record->band);
    put_number_text(out, record->exposure);
    cb_avro_string(out, ""); /* group */
    put_number_text(out, record->day_obs);
}

void metric_encode(const struct metric_record *record, const struct metric_value *values, size_t count,
                   struct cb_bytes *out)
{
    char name[48], amp[8];
    type_name(record->type, name, 32);
    memcpy(name + strlen(name), "DetStats", sizeof "DetStats");
    cb_avro_string(out, record->id);
    cb_avro_string(out, record->run);
    cb_avro_string(out, name);
    cb_avro_string(out, "");
    cb_avro_string(out, "");
    cb_avro_double(out, 0.0);
    cb_avro_double(out, record->run_timestamp);
    cb_avro_double(out, record->timestamp);
    cb_avro_string(out, record->dataset_tag);
    put_data_id(record, out);
    cb_avro_string(out, record->calib_id);
    cb_avro_string(out, cb_verify_type_name(record->type));
    cb_avro_string(out, record->vendor);
    cb_avro_boolean(out, record->success);
    cb_avro_long(out, record->failed);
    for (const struct metric *metric = metrics[record->type]; metric->name != NULL; metric++)
        for (size_t i = 0; i < (metric->by_amp ? AMPS : 1); i++) {
            amp_name(i, amp);
            cb_avro_nullable_double(out, find_value(values, count, metric->name, metric->by_amp ? amp : ""));
        }
    for (const char *const *test = tests[record->type]; *test != NULL; test++) {
        cb_auto(cb_free) char *field = cb_xasprintf("FAIL_%s", *test);
        double failed = find_value(values, count, field, "");
        cb_avro_long(out, isnan(failed) ? 0 : (int64_t)failed);
    }
}
