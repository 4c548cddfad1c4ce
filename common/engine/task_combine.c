/* lsst.cp.pipe.CalibCombineTask and its by-filter sister: exposures of one detector into one calibration,
 * with ISR (and for darks the search for cosmic rays) in the same pass. */
#include "base/alloc.h"
#include "base/tai.h"
#include "engine/call.h"
#include "engine/tasks.h"
#include "io/fits_raw.h"
#include "io/frame_file.h"
#include "io/yaml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAMERA CB_DIM(CB_INSTRUMENT)
#define DETECTOR (CAMERA | CB_DIM(CB_DETECTOR))
#define FILTERED (DETECTOR | CB_DIM(CB_PHYSICAL_FILTER))
#define FRAME (DETECTOR | CB_DIM(CB_EXPOSURE))

#define CACHE_BYTES                                                                                          \
    ((size_t)192 << 20) /* decoded pixels of one segment of 20 exposures at full size fit in */

/* Source: lsst/cp_pipe cpCombine.py, CalibCombineConfig. */
#define COMBINE_FIELDS                                                                                       \
    { "calibrationType", CB_CONFIG_TEXT, "calibration", NULL },                                              \
        { "exposureScaling", CB_CONFIG_TEXT, "Unity", "Unity|ExposureTime|DarkTime|MeanStats|InputList" },   \
        { "scalingLevel", CB_CONFIG_TEXT, "DETECTOR", "DETECTOR|AMP" },                                      \
        { "maxVisitsToCalcErrorFromInputVariance", CB_CONFIG_INT, "5", NULL },                               \
        { "combine", CB_CONFIG_TEXT, "MEANCLIP", "MEANCLIP" }, { "clip", CB_CONFIG_REAL, "3.0", NULL },      \
        { "nIter", CB_CONFIG_INT, "3", NULL }, { "mask", CB_CONFIG_LIST, "[SAT, DETECTED, INTRP]", NULL },   \
        { "noGoodPixelsMask", CB_CONFIG_TEXT, "BAD", NULL },                                                 \
        { "checkNoData", CB_CONFIG_BOOL, "true", NULL },                                                     \
        { "censorMaskPlanes", CB_CONFIG_BOOL, "true", NULL },                                                \
        { "doVignette", CB_CONFIG_BOOL, "false", "false" },                                                  \
        { "doVignetteMask", CB_CONFIG_BOOL, "false", "false" },                                              \
        { "doPartialVignetteMask", CB_CONFIG_BOOL, "false", "false" },                                       \
        { "subregionSize", CB_CONFIG_LIST, "[10000, 200]", NULL },                                           \
        { "distributionPercentiles", CB_CONFIG_LIST, "[0, 5, 16, 50, 84, 95, 100]", NULL },                  \
        { "stats.stat", CB_CONFIG_TEXT, "MEANCLIP", "MEANCLIP" },                                            \
        { "stats.clip", CB_CONFIG_REAL, "3.0", NULL }, { "stats.nIter", CB_CONFIG_INT, "3", NULL },          \
    {                                                                                                        \
        "stats.mask", CB_CONFIG_LIST, "[DETECTED, BAD, NO_DATA]", NULL                                       \
    }

static const struct cb_config_field fields[] = { COMBINE_FIELDS, { NULL, CB_CONFIG_BOOL, NULL, NULL } };
static const struct cb_config_field fields_by_filter[] = {
    COMBINE_FIELDS,
    { "flatSource", CB_CONFIG_TEXT, "DOME", "DOME|TWILIGHT|PSEUDO|SKY" },
    { NULL, CB_CONFIG_BOOL, NULL, NULL },
};

static const struct cb_connection connections[] = {
    { "inputExpHandles", CB_CONNECT_INPUT, "cpInputs", "Exposure", FRAME, false, false, NULL },
    { "inputScales", CB_CONNECT_INPUT, "cpScales", "StructuredDataDict", CAMERA, false, false,
      "exposureScaling=InputList" },
    { "outputData", CB_CONNECT_OUTPUT, "cpProposal", "ExposureF", DETECTOR, true, false, NULL },
    { NULL, CB_CONNECT_INPUT, NULL, NULL, 0, false, false, NULL },
};

static const struct cb_connection connections_by_filter[] = {
    { "inputExpHandles", CB_CONNECT_INPUT, "cpInputs", "Exposure", FRAME, false, false, NULL },
    { "inputScales", CB_CONNECT_INPUT, "cpFilterScales", "StructuredDataDict",
      CAMERA | CB_DIM(CB_PHYSICAL_FILTER), false, false, "exposureScaling=InputList" },
    { "outputData", CB_CONNECT_OUTPUT, "cpFilterProposal", "ExposureF", FILTERED, true, false, NULL },
    { NULL, CB_CONNECT_INPUT, NULL, NULL, 0, false, false, NULL },
};

/* Bits of a list of plane names. */
static bool mask_of(const struct cb_config *config, const char *field, uint32_t *ret_mask,
                    struct cb_error *err)
{
    const struct cb_config_value *value = cb_config_find(config, field);
    uint32_t mask = 0;

    for (size_t i = 0; i < value->items; i++) {
        int plane = cb_mask_plane_find(value->item[i]);
        if (plane < 0)
            return cb_fail(err, CB_ERR_INVALID, "%s: there is no mask plane \"%s\"", field, value->item[i]);
        mask |= UINT32_C(1) << plane;
    }
    *ret_mask = mask;
    return true;
}

static bool combine_config(struct cb_call *call, struct cb_combine_config *ret_config, struct cb_error *err)
{
    const struct cb_config *config = call->config;
    struct cb_combine_config combine = cb_combine_defaults();
    struct cb_call_feed feed = cb_call_feed(call, "inputExpHandles");
    int plane = cb_mask_plane_find(cb_config_text(config, "noGoodPixelsMask"));

    if (plane < 0)
        return cb_fail(err, CB_ERR_INVALID, "noGoodPixelsMask: there is no mask plane \"%s\"",
                       cb_config_text(config, "noGoodPixelsMask"));
    combine.noGoodPixelsMask = UINT32_C(1) << plane;
    combine.clip = cb_config_real(config, "clip");
    combine.nIter = (int)cb_config_int(config, "nIter");
    combine.maxVisitsToCalcErrorFromInputVariance =
        (int)cb_config_int(config, "maxVisitsToCalcErrorFromInputVariance");
    combine.checkNoData = cb_config_flag(config, "checkNoData");
    combine.censorMaskPlanes = cb_config_flag(config, "censorMaskPlanes");
    combine.statsClip = cb_config_real(config, "stats.clip");
    combine.statsNIter = (int)cb_config_int(config, "stats.nIter");
    combine.cache_bytes = CACHE_BYTES;
    if (feed.cosmic_rays != NULL) {
        combine.doCosmicRays = true;
        combine.psfFwhm = cb_config_real(feed.cosmic_rays->config, "psfFwhm");
        combine.crGrow = (int)cb_config_int(feed.cosmic_rays->config, "crGrow");
    }
    if (!cb_exposure_scaling_parse(cb_config_text(config, "exposureScaling"), &combine.exposureScaling,
                                   err) ||
        !mask_of(config, "mask", &combine.mask, err) ||
        !mask_of(config, "stats.mask", &combine.statsMask, err))
        return false;
    *ret_config = combine;
    return true;
}

/* expScale: {DETECTOR: {AMP: {EXPOSURE: scale}}} of the normalisation's file. */
static bool read_scale(const struct cb_yaml *yaml, int64_t detector, const char *amp, int64_t exposure,
                       double *ret_scale)
{
    char detector_text[24], exposure_text[24];

    snprintf(detector_text, sizeof detector_text, "%lld", (long long)detector);
    snprintf(exposure_text, sizeof exposure_text, "%lld", (long long)exposure);
    const struct cb_yaml_node *node =
        cb_yaml_path(cb_yaml_root(yaml), "expScale", detector_text, amp, exposure_text, (const char *)NULL);
    return cb_yaml_real(node, ret_scale);
}

/* Scales from the list: exposures that it does not have are dropped. amp_scale is [n][CB_MAX_SEGMENTS]. */
static bool input_scales(struct cb_call *call, struct cb_call_stack *stack,
                         double (*amp_scale)[CB_MAX_SEGMENTS], bool *ret_used, struct cb_error *err)
{
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    size_t first = 0, found = 0;

    if (cb_call_count(call, "inputScales", &first) != 1)
        return cb_fail(err, CB_ERR_INVALID, "exposureScaling InputList needs one table of scales");
    if (!cb_call_read_yaml(call, &call->input[first], &yaml, err))
        return false;
    for (size_t i = 0; i < stack->n; i++) {
        const struct cb_geometry *geometry = stack->source[i].raw.geometry;
        ret_used[i] = geometry->segments > 0;
        for (size_t s = 0; s < geometry->segments; s++)
            ret_used[i] = ret_used[i] && read_scale(yaml, call->id.detector, geometry->segment[s].amp,
                                                    stack->input[i].data_id.exposure, &amp_scale[i][s]);
        stack->source[i].amp_scale = amp_scale[i];
        stack->source[i].scale = amp_scale[i][0];
        found += ret_used[i];
    }
    return found > 0 || cb_fail(err, CB_ERR_INVALID, "the table of scales has no exposure of detector %lld",
                                (long long)call->id.detector);
}

/* Keep the inputs that are used, in order; the others go to the end. */
static size_t keep_used(struct cb_call_stack *stack, const bool *used, size_t *ret_place)
{
    cb_auto(cb_free) struct cb_stack_source *source = cb_xalloc_array(stack->n, sizeof *source);
    size_t kept = 0, dropped = stack->n;

    for (size_t i = 0; i < stack->n; i++)
        ret_place[used[i] ? kept++ : --dropped] = i;
    for (size_t i = 0; i < stack->n; i++)
        source[i] = stack->source[ret_place[i]];
    memcpy(stack->source, source, stack->n * sizeof *source);
    return kept;
}

/* When an exposure was, TAI ns: its middle. */
static int64_t middle(const struct cb_header *header, double exposure_s)
{
    const char *text = NULL;
    int64_t begin = 0, end = 0;

    if (cb_header_get_string(header, "DATE-AVG", &text) && cb_iso_parse(text, &begin))
        return begin;
    if (!cb_header_get_string(header, "DATE-BEG", &text) || !cb_iso_parse(text, &begin))
        begin = cb_header_get_string(header, "DATE-OBS", &text) && cb_iso_parse(text, &begin) ? begin : 0;
    if (cb_header_get_string(header, "DATE-END", &text) && cb_iso_parse(text, &end) && end >= begin)
        return begin + (end - begin) / 2;
    return begin + (int64_t)(exposure_s * 0.5 * (double)CB_NS_PER_S);
}

/* Texts of the stamp that outlive it. */
struct stamp_texts {
    char creation[CB_ISO_SIZE], date[CB_ISO_SIZE], time[CB_ISO_SIZE + 8];
    char beg[CB_ISO_SIZE], avg[CB_ISO_SIZE], end[CB_ISO_SIZE];
};

static void stamp_times(const struct cb_call *call, const struct cb_combine_input *inputs, size_t n,
                        struct cb_combine_stamp *stamp, struct stamp_texts *texts)
{
    int64_t utc = cb_utc_from_tai(call->now_tai_ns);

    cb_iso_format(utc, 0, 'T', texts->creation);
    snprintf(texts->date, sizeof texts->date, "%.10s", texts->creation);
    snprintf(texts->time, sizeof texts->time, "%s UTC", texts->creation + 11);
    stamp->mjd_beg = INFINITY;
    stamp->mjd_end = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        double half = inputs[i].exposure_s / 2.0 / 86400.0;
        stamp->mjd_beg = fmin(stamp->mjd_beg, inputs[i].mid_mjd_tai - half);
        stamp->mjd_end = fmax(stamp->mjd_end, inputs[i].mid_mjd_tai + half);
    }
    stamp->mjd_avg = (stamp->mjd_beg + stamp->mjd_end) / 2.0;
    cb_iso_format(cb_ns_from_mjd(stamp->mjd_beg), 3, 'T', texts->beg);
    cb_iso_format(cb_ns_from_mjd(stamp->mjd_avg), 3, 'T', texts->avg);
    cb_iso_format(cb_ns_from_mjd(stamp->mjd_end), 3, 'T', texts->end);
    stamp->creation_datetime = texts->creation;
    stamp->creation_date = texts->date;
    stamp->creation_time = texts->time;
    stamp->date_beg = texts->beg;
    stamp->date_avg = texts->avg;
    stamp->date_end = texts->end;
}

static double mean_scale(const struct cb_combine_report *report, size_t i, size_t amps)
{
    double sum = 0.0;
    for (size_t s = 0; s < amps; s++)
        sum += report->scale[i][s];
    return amps > 0 ? sum / (double)amps : 1.0;
}

/* The header of the result: what 3.4 of the reference says, and which calibrations were used. */
static bool make_header(struct cb_call *call, struct cb_call_stack *stack, const size_t *place, size_t n,
                        const struct cb_combine_report *report, struct cb_header *header,
                        struct cb_error *err)
{
    cb_auto(cb_free) struct cb_combine_input *inputs = cb_xalloc_array(n, sizeof *inputs);
    cb_auto(cb_free) char(*dates)[CB_ISO_SIZE] = cb_xalloc_array(n, sizeof *dates);
    bool by_filter = call->task->class == &cb_task_combine_by_filter;
    const char *type = cb_config_text(call->config, "calibrationType");
    struct stamp_texts texts;

    for (size_t i = 0; i < n; i++) {
        struct cb_header *card = stack->header[place[i]];
        const struct cb_raw_source *raw = &stack->source[i].raw;
        int64_t middle_ns = middle(card, raw->exposure_s);
        cb_isr_header(&stack->isr, &report->isr[i], card);
        cb_iso_format(middle_ns, 3, 'T', dates[i]);
        inputs[i] = (struct cb_combine_input){ .header = card,
                                               .exposure_id = raw->exposure_id,
                                               .mid_mjd_tai = cb_mjd_from_ns(middle_ns),
                                               .mid_date_tai = dates[i],
                                               .exposure_s = raw->exposure_s,
                                               .scale = mean_scale(report, i, report->amps) };
    }
    struct cb_combine_stamp stamp = {
        .calibration_type = type,
        .dataset_type = cb_pipeline_dataset_type(call->task, "outputData"),
        .flat_source =
            by_filter && strcmp(type, "flat") == 0 ? cb_config_text(call->config, "flatSource") : NULL,
        .filter = by_filter ? call->id.physical_filter : NULL,
        .band = by_filter ? call->id.band : NULL,
    };
    stamp_times(call, inputs, n, &stamp, &texts);
    cb_combine_header(inputs, n, &stamp, report, header);
    return cb_call_stamp(call, header, err);
}

static bool combine(struct cb_call *call, struct cb_call_stack *stack, const size_t *place, size_t n,
                    const struct cb_combine_config *config, struct cb_error *err)
{
    cb_auto(cb_frame_file_free) struct cb_frame_file *file = NULL;
    cb_auto(cb_header_free) struct cb_header *header = cb_header_new();
    struct cb_combine_report report = { 0 };

    if (!cb_call_frame_file(call, stack->source[0].raw.geometry, &file, err))
        return false;
    struct cb_frame_store store = cb_frame_file_as_store(file);
    bool done =
        cb_combine_stream(stack->source, n, &stack->isr, &stack->inputs, config, &store, &report, err) &&
        make_header(call, stack, place, n, &report, header, err) &&
        cb_call_put_frame(call, "outputData", &store.frame, header, err);
    cb_combine_report_done(&report);
    return done;
}

static bool run(struct cb_call *call, struct cb_error *err)
{
    struct cb_combine_config config;
    struct cb_call_stack stack = { 0 };

    if (!combine_config(call, &config, err) || !cb_call_stack(call, "inputExpHandles", &stack, err))
        return false;
    size_t n = stack.n;
    cb_auto(cb_free) size_t *place = cb_xalloc_array(n, sizeof *place);
    cb_auto(cb_free) bool *used = cb_xalloc_array(n, sizeof *used);
    cb_auto(cb_free) double(*amp_scale)[CB_MAX_SEGMENTS] = cb_xalloc_array(n, sizeof *amp_scale);
    for (size_t i = 0; i < n; i++)
        used[i] = true;
    bool done =
        config.exposureScaling != CB_SCALE_INPUT_LIST || input_scales(call, &stack, amp_scale, used, err);
    if (done) {
        size_t kept = keep_used(&stack, used, place);
        done = combine(call, &stack, place, kept, &config, err);
    }
    cb_call_stack_done(&stack);
    return done;
}

const struct cb_task_class cb_task_combine = {
    .name = "lsst.cp.pipe.CalibCombineTask",
    .alias = "lsst.cp.pipe.cpCombine.CalibCombineTask",
    .dims = DETECTOR,
    .fields = fields,
    .connections = connections,
    .run = run,
};

const struct cb_task_class cb_task_combine_by_filter = {
    .name = "lsst.cp.pipe.CalibCombineByFilterTask",
    .alias = "lsst.cp.pipe.cpCombine.CalibCombineByFilterTask",
    .dims = FILTERED,
    .fields = fields_by_filter,
    .connections = connections_by_filter,
    .run = run,
};

/* Source: lsst/cp_pipe cpDark.py, CpDarkTaskConfig. The search itself happens while the exposures are
 * combined. */
static const struct cb_config_field cosmic_fields[] = {
    { "psfFwhm", CB_CONFIG_REAL, "3.0", NULL },
    { "psfSize", CB_CONFIG_INT, "21", NULL },
    { "crGrow", CB_CONFIG_INT, "2", NULL },
    { NULL, CB_CONFIG_BOOL, NULL, NULL },
};

static const struct cb_connection cosmic_connections[] = {
    { "inputExp", CB_CONNECT_INPUT, "cpDarkISR", "Exposure", FRAME, false, false, NULL },
    { "outputExp", CB_CONNECT_OUTPUT, "cpDarkProc", "Exposure", FRAME, false, false, NULL },
    { NULL, CB_CONNECT_INPUT, NULL, NULL, 0, false, false, NULL },
};

static bool run_alone(struct cb_call *call, struct cb_error *err)
{
    return cb_fail(err, CB_ERR_INVALID,
                   "task \"%s\" finds cosmic rays for a combination that reads its output; the "
                   "pipeline has none",
                   call->task->label);
}

const struct cb_task_class cb_task_cosmic_rays = {
    .name = "lsst.cp.pipe.CpDarkTask",
    .alias = "lsst.cp.pipe.cpDark.CpDarkTask",
    .dims = FRAME,
    .batch = 1,
    .is_fused = true,
    .fields = cosmic_fields,
    .connections = cosmic_connections,
    .run = run_alone,
};
