/* lsst.cp.pipe.CpFlatMeasureTask and CpFlatNormalizationTask: levels of flats, and each exposure's scale from
 * all detectors together. */
#include "base/alloc.h"
#include "calib/flat.h"
#include "engine/call.h"
#include "engine/tasks.h"
#include "io/fits_raw.h"
#include "io/yaml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAMERA CB_DIM(CB_INSTRUMENT)
#define FRAME (CAMERA | CB_DIM(CB_DETECTOR) | CB_DIM(CB_EXPOSURE))
#define BY_FILTER (CAMERA | CB_DIM(CB_PHYSICAL_FILTER))
#define TEXT_MAX (64U << 20)
#define MEASURE_BATCH 4 /* exposures of one quantum: they share the calibrations that ISR reads */

/* Source: lsst/cp_pipe cpFlatNormalizeTask.py, CpFlatMeasureTaskConfig. */
static const struct cb_config_field measure_fields[] = {
    { "maskNameList", CB_CONFIG_LIST, "[DETECTED, BAD, NO_DATA]", "[DETECTED, BAD, NO_DATA]" },
    { "doVignette", CB_CONFIG_BOOL, "false", "false" },
    { "numSigmaClip", CB_CONFIG_REAL, "3.0", "3" },
    { "clipMaxIter", CB_CONFIG_INT, "3", "3" },
    { NULL, CB_CONFIG_BOOL, NULL, NULL },
};

static const struct cb_connection measure_connections[] = {
    { "inputExp", CB_CONNECT_INPUT, "postISRCCD", "Exposure", FRAME, false, false, NULL },
    { "outputStats", CB_CONNECT_OUTPUT, "flatStats", "StructuredDataDict", FRAME, false, false, NULL },
    { NULL, CB_CONNECT_INPUT, NULL, NULL, 0, false, false, NULL },
};

static const struct cb_config_field normalize_fields[] = {
    { "level", CB_CONFIG_TEXT, "DETECTOR", "DETECTOR" },
    { "scaleMaxIter", CB_CONFIG_INT, "10", "10" },
    { "doDownSelection", CB_CONFIG_BOOL, "false", "false" },
    { NULL, CB_CONFIG_BOOL, NULL, NULL },
};

static const struct cb_connection normalize_connections[] = {
    { "inputMDs", CB_CONNECT_INPUT, "cpFlatProc_metadata", "StructuredDataDict", FRAME, false, false, NULL },
    { "outputScales", CB_CONNECT_OUTPUT, "cpFlatNormScales", "StructuredDataDict", BY_FILTER, false, false,
      NULL },
    { NULL, CB_CONNECT_INPUT, NULL, NULL, 0, false, false, NULL },
};

static void put_level(struct cb_bytes *out, const char *name, const char *suffix,
                      const struct cb_flat_level *level)
{
    cb_bytes_printf(out, "%s_MEDIAN%s: %.17g\n%s_SIGMA%s: %.17g\n%s_N%s: %zu\n", name, suffix, level->median,
                    name, suffix, level->sigma, name, suffix, level->n);
}

/* One exposure of one detector. */
static bool run_measure(struct cb_call *call, struct cb_error *err)
{
    cb_auto(cb_image_free) struct cb_image *image = NULL;
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    cb_auto(cb_raw_close) struct cb_raw *raw = NULL;
    cb_auto_bytes struct cb_bytes out = CB_BYTES(TEXT_MAX);
    struct cb_isr_report report;
    struct cb_flat_measure measure;
    size_t first = 0;

    if (!cb_call_process(call, "inputExp", 0, &image, &header, &report, err))
        return false;
    cb_call_count(call, "inputExp", &first);
    if (!cb_raw_open(call->input[first].path, &raw, err))
        return false;
    const struct cb_geometry *geometry = cb_raw_geometry(raw);
    if (!cb_flat_measure(image, geometry, &measure, err))
        return false;
    put_level(&out, "DETECTOR", "", &measure.detector);
    for (size_t i = 0; i < measure.amps; i++) {
        char suffix[24];
        snprintf(suffix, sizeof suffix, "_%zu", i);
        cb_bytes_printf(&out, "AMP_NAME%s: %s\n", suffix, geometry->segment[i].amp);
        put_level(&out, "AMP", suffix, &measure.amp[i]);
    }
    return cb_call_put_text(call, "outputStats", cb_bytes_text(&out), out.size, err);
}

/* Levels of all detectors and exposures, and the amplifiers' names. */
struct table {
    int64_t *detector, *exposure; /* in order */
    size_t detectors, exposures;
    double *level, *weight; /* [detectors * exposures]; level NaN: missing */
    struct cb_texts *amp;   /* [detectors] */
};

static size_t place_of(int64_t *list, size_t *count, int64_t value)
{
    size_t i = 0;
    while (i < *count && list[i] != value)
        i++;
    if (i == *count)
        list[(*count)++] = value;
    return i;
}

static void table_new(const struct cb_call *call, size_t first, size_t n, struct table *table)
{
    *table = (struct table){ .detector = cb_xalloc_array(n, sizeof(int64_t)),
                             .exposure = cb_xalloc_array(n, sizeof(int64_t)) };
    for (size_t i = 0; i < n; i++) {
        (void)place_of(table->detector, &table->detectors, call->input[first + i].data_id.detector);
        (void)place_of(table->exposure, &table->exposures, call->input[first + i].data_id.exposure);
    }
    table->level = cb_xalloc_array(table->detectors * table->exposures, sizeof *table->level);
    table->weight = cb_xalloc_array(table->detectors * table->exposures, sizeof *table->weight);
    table->amp = cb_xalloc_array(table->detectors, sizeof *table->amp);
    for (size_t i = 0; i < table->detectors * table->exposures; i++)
        table->level[i] = NAN;
}

static void table_done(struct table *table)
{
    for (size_t i = 0; i < table->detectors; i++)
        cb_texts_done(&table->amp[i]);
    free(table->amp);
    free(table->detector);
    free(table->exposure);
    free(table->level);
    free(table->weight);
}

static bool read_input(struct cb_call *call, const struct cb_call_input *input, struct table *table,
                       struct cb_error *err)
{
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    size_t d = place_of(table->detector, &table->detectors, input->data_id.detector);
    size_t e = place_of(table->exposure, &table->exposures, input->data_id.exposure);
    double level = NAN, weight = 0.0;

    if (!cb_call_read_yaml(call, input, &yaml, err))
        return false;
    const struct cb_yaml_node *root = cb_yaml_root(yaml);
    if (cb_yaml_real(cb_yaml_get(root, "DETECTOR_MEDIAN"), &level) &&
        cb_yaml_real(cb_yaml_get(root, "DETECTOR_N"), &weight)) {
        table->level[d * table->exposures + e] = level;
        table->weight[d * table->exposures + e] = weight;
    }
    for (size_t i = 0; table->amp[d].count == i && i < CB_MAX_SEGMENTS; i++) {
        char key[24];
        snprintf(key, sizeof key, "AMP_NAME_%zu", i);
        const char *name = cb_yaml_text(cb_yaml_get(root, key));
        if (name != NULL)
            cb_texts_add(&table->amp[d], name, strlen(name));
    }
    return true;
}

static void put_scales(const struct table *table, const double *exposure_scale, const double *detector_scale,
                       struct cb_bytes *out)
{
    cb_bytes_puts(out, "detScale:\n");
    for (size_t d = 0; d < table->detectors; d++)
        cb_bytes_printf(out, "  %lld: %.17g\n", (long long)table->detector[d], detector_scale[d]);
    cb_bytes_puts(out, "expScale:\n");
    for (size_t d = 0; d < table->detectors; d++) {
        cb_bytes_printf(out, "  %lld:\n", (long long)table->detector[d]);
        for (size_t a = 0; a < table->amp[d].count; a++) {
            cb_bytes_printf(out, "    %s:\n", table->amp[d].at[a]);
            for (size_t e = 0; e < table->exposures; e++)
                cb_bytes_printf(out, "      %lld: %.17g\n", (long long)table->exposure[e], exposure_scale[e]);
        }
    }
}

/* All exposures and detectors of one filter. */
static bool run_normalize(struct cb_call *call, struct cb_error *err)
{
    struct table table = { 0 };
    size_t first = 0, n = cb_call_count(call, "inputMDs", &first);
    cb_auto_bytes struct cb_bytes out = CB_BYTES(TEXT_MAX);
    bool done = true;

    if (n == 0)
        return cb_fail(err, CB_ERR_INVALID, "there is no measured flat to normalise");
    table_new(call, first, n, &table);
    cb_auto(cb_free) double *exposure_scale = cb_xalloc_array(table.exposures, sizeof *exposure_scale);
    cb_auto(cb_free) double *detector_scale = cb_xalloc_array(table.detectors, sizeof *detector_scale);
    for (size_t i = 0; done && i < n; i++)
        done = read_input(call, &call->input[first + i], &table, err);
    done = done && cb_flat_scales(table.level, table.weight, table.detectors, table.exposures, exposure_scale,
                                  detector_scale, err);
    if (done)
        put_scales(&table, exposure_scale, detector_scale, &out);
    table_done(&table);
    return done && cb_call_put_text(call, "outputScales", cb_bytes_text(&out), out.size, err);
}

const struct cb_task_class cb_task_flat_measure = {
    .name = "lsst.cp.pipe.CpFlatMeasureTask",
    .alias = "lsst.cp.pipe.cpFlatNormalizeTask.CpFlatMeasureTask",
    .dims = FRAME,
    .batch = MEASURE_BATCH,
    .fields = measure_fields,
    .connections = measure_connections,
    .run = run_measure,
};

const struct cb_task_class cb_task_flat_normalize = {
    .name = "lsst.cp.pipe.CpFlatNormalizationTask",
    .alias = "lsst.cp.pipe.cpFlatNormalizeTask.CpFlatNormalizationTask",
    .dims = BY_FILTER,
    .fields = normalize_fields,
    .connections = normalize_connections,
    .run = run_normalize,
};
