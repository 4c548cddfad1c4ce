/* lsst.cp.verify.CpVerify{Bias,Dark,Flat}Task: the metrics and tests of one exposure of one detector. */
#include "engine/call.h"
#include "engine/tasks.h"

#include "base/alloc.h"
#include "base/tai.h"
#include "calib/verify_yaml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME (CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR) | CB_DIM(CB_EXPOSURE))

/* Exposures of a detector that one quantum does: they share its calibrations, its plan and its transactions.
 */
#define EXPOSURES_AT_ONCE 8

/* Largest dictionary: 16 amplifiers with their projections stay below 2 MB. */
#define STATS_TEXT_MAX (64u << 20)

/* Source: lsst/cp_verify verifyStats.py, CpVerifyStatsConfig, and verifyBias.py. The fields named calbus.*
 * are ours. */
static const struct cb_config_field fields[] = {
    { "doVignette", CB_CONFIG_BOOL, "false", "false" },
    { "useReadNoise", CB_CONFIG_BOOL, "true", NULL },
    { "numSigmaClip", CB_CONFIG_REAL, "5.0", NULL },
    { "clipMaxIter", CB_CONFIG_INT, "3", NULL },
    { "ampCornerBoxSize", CB_CONFIG_INT, "200", NULL },
    { "stageName", CB_CONFIG_TEXT, "NOSTAGE", NULL },
    { "useIsrStatistics", CB_CONFIG_BOOL, "false", NULL },
    { "hasMatrixCatalog", CB_CONFIG_BOOL, "false", "false" },
    { "crGrow", CB_CONFIG_INT, "0", "0" },
    { "psfFwhm", CB_CONFIG_REAL, "3.0", NULL },
    { "calbus.upstreamTests", CB_CONFIG_BOOL, "false", NULL },
    { "calbus.maskHotPixels", CB_CONFIG_BOOL, "true", NULL },
    { "calbus.projections", CB_CONFIG_BOOL, "false", NULL },
    { "calbus.correlations", CB_CONFIG_BOOL, "false", NULL },
    { NULL, CB_CONFIG_BOOL, NULL, NULL },
};

static const struct cb_connection connections[] = {
    { "inputExp", CB_CONNECT_INPUT, "postISRCCD", "Exposure", FRAME, false, false, NULL },
    { "outputStats", CB_CONNECT_OUTPUT, "detectorStats", "StructuredDataDict", FRAME, false, false, NULL },
    { NULL, CB_CONNECT_INPUT, NULL, NULL, 0, false, false, NULL },
};

static struct cb_verify_config config_of(const struct cb_config *config)
{
    struct cb_verify_config verify = cb_verify_defaults();
    verify.clip = cb_config_real(config, "numSigmaClip");
    verify.rounds = (int)cb_config_int(config, "clipMaxIter");
    verify.corner_px = (int)cb_config_int(config, "ampCornerBoxSize");
    verify.cosmic.psf_fwhm_px = cb_config_real(config, "psfFwhm");
    return verify;
}

/* The calibration under test: the prerequisite "LABEL:bias" of a fused ISR. NULL: ISR did not apply one. */
static const struct cb_call_input *under_test(const struct cb_call *call, enum cb_verify_type type)
{
    const char *wanted = cb_verify_type_name(type);
    for (size_t i = 0; i < call->inputs; i++) {
        const char *colon = strrchr(call->input[i].connection, ':');
        if (colon != NULL && strcmp(colon + 1, wanted) == 0)
            return &call->input[i];
    }
    return NULL;
}

/* ---- what the calibration says of itself ---- */

struct calib_facts {
    bool was_input;
    double percentile[CB_MAX_SEGMENTS][7];
};

static bool names_exposure(const struct cb_header *header, int64_t exposure)
{
    for (int i = 0;; i++) {
        char key[40];
        int64_t input;
        snprintf(key, sizeof key, "CPP_INPUT_%d", i);
        if (!cb_header_get_int(header, key, &input))
            return false;
        if (input == exposure)
            return true;
    }
}

static bool read_calib(const struct cb_call *call, const struct cb_call_input *calib,
                       const struct cb_geometry *geometry, enum cb_verify_type type, int64_t exposure,
                       struct calib_facts *facts, struct cb_error *err)
{
    static const char *const levels[7] = { "0.0", "5.0", "16.0", "50.0", "84.0", "95.0", "100.0" };
    const struct cb_header *header = cb_call_calibration_header(call, calib);
    if (header == NULL)
        return cb_fail(err, CB_ERR_INVALID, "%s %s is no image", calib->dataset_type, calib->id);
    facts->was_input = names_exposure(header, exposure);
    for (size_t i = 0; i < geometry->segments; i++)
        for (size_t k = 0; k < 7; k++) {
            char key[80];
            snprintf(key, sizeof key, "LSST CALIB %s %s DISTRIBUTION %s-PCT", cb_verify_stage(type),
                     geometry->segment[i].amp, levels[k]);
            facts->percentile[i][k] = NAN;
            (void)cb_header_get_double(header, key, &facts->percentile[i][k]);
        }
    return true;
}

/* ---- what noise to expect ---- */

static double dark_scale(const struct cb_raw_source *raw, const struct cb_frame_source *dark)
{
    double unit = isnan(dark->dark_s) || dark->dark_s <= 0.0 ? 1.0 : dark->dark_s;
    return raw->dark_s / unit;
}

static bool expect_amp(struct cb_call *call, const struct cb_call_stack *stack,
                       const struct cb_segment *segment, const struct cb_amp_report *amp,
                       enum cb_verify_type type, bool was_input, struct cb_verify_expected *ret,
                       struct cb_error *err)
{
    const struct cb_isr_inputs *inputs = &stack->inputs;
    const double sign = was_input ? -1.0 : 1.0;
    double mean, variance, scale;
    *ret = (struct cb_verify_expected){ .gain = amp->gain, .read_noise = amp->read_noise };
    ret->overscan_fraction = cb_verify_overscan_fraction(segment, &stack->isr.overscan);
    if (stack->isr.doBias && inputs->bias != NULL) {
        if (!cb_call_frame_level(call, inputs->bias, segment->assembled, &mean, &variance, err))
            return false;
        if (type == CB_VERIFY_BIAS) /* else it is in the dark too, with the other sign, and drops out */
            ret->calib_variance += variance * sign;
    }
    if (stack->isr.doDark && inputs->dark != NULL) {
        if (!cb_call_frame_level(call, inputs->dark, segment->assembled, &mean, &variance, err))
            return false;
        scale = dark_scale(&stack->source[0].raw, inputs->dark);
        ret->dark_signal = mean * scale;
        ret->calib_variance += variance * scale * scale * (type == CB_VERIFY_DARK ? sign : 1.0);
    }
    if (stack->isr.doFlat && inputs->flat != NULL) {
        if (!cb_call_frame_level(call, inputs->flat, segment->assembled, &mean, &variance, err))
            return false;
        ret->flat_fraction = variance / (mean * mean);
    }
    return true;
}

static const struct cb_amp_report *report_of(const struct cb_isr_report *report, const char *amp)
{
    for (size_t i = 0; i < report->amps; i++)
        if (strcmp(report->amp[i].amp, amp) == 0)
            return &report->amp[i];
    return NULL;
}

static bool expect_all(struct cb_call *call, const struct cb_call_stack *stack,
                       const struct cb_isr_report *report, enum cb_verify_type type, bool was_input,
                       struct cb_verify_expected *ret, struct cb_error *err)
{
    const struct cb_geometry *geometry = stack->source[0].raw.geometry;
    for (size_t i = 0; i < geometry->segments; i++) {
        const struct cb_amp_report *amp = report_of(report, geometry->segment[i].amp);
        if (amp == NULL)
            return cb_fail(err, CB_ERR_INVALID, "amplifier %s is not in the report of its exposure",
                           geometry->segment[i].amp);
        if (!expect_amp(call, stack, &geometry->segment[i], amp, type, was_input, &ret[i], err))
            return false;
    }
    return true;
}

/* Hot pixels of a dark are left out of its statistics, as a defect mask would do. */
static bool mask_hot(const struct cb_call *call, const struct cb_call_stack *stack,
                     const struct cb_isr_report *report, enum cb_verify_type type, struct cb_image *image,
                     struct cb_error *err)
{
    const struct cb_geometry *geometry = stack->source[0].raw.geometry;
    const struct cb_frame_source *dark = stack->inputs.dark;
    if (type != CB_VERIFY_DARK || dark == NULL || !cb_config_flag(call->config, "calbus.maskHotPixels"))
        return true;
    for (size_t i = 0; i < geometry->segments; i++) {
        const struct cb_amp_report *amp = report_of(report, geometry->segment[i].amp);
        if (amp != NULL && !cb_verify_mask_hot(image, dark, geometry->segment[i].assembled,
                                               dark_scale(&stack->source[0].raw, dark), amp->read_noise, err))
            return false;
    }
    return true;
}

/* ---- what stands beside the metrics ---- */

/* Profiles and correlations of one image, owned. */
struct extras {
    double *profile[2 * CB_MAX_SEGMENTS];
    const double *horizontal[CB_MAX_SEGMENTS], *vertical[CB_MAX_SEGMENTS];
    size_t width[CB_MAX_SEGMENTS], height[CB_MAX_SEGMENTS];
    double *correlation;
};

static void extras_done(struct extras *extras)
{
    for (size_t i = 0; i < (size_t)2 * CB_MAX_SEGMENTS; i++)
        free(extras->profile[i]);
    free(extras->correlation);
}
static inline void extras_done_at_exit(struct extras *extras)
{
    extras_done(extras);
}

static void project(const struct cb_image *image, const struct cb_geometry *geometry, struct extras *extras,
                    struct cb_verify_isr_extras *ret)
{
    for (size_t i = 0; i < geometry->segments; i++) {
        struct cb_box box = geometry->segment[i].assembled;
        extras->width[i] = (size_t)box.width;
        extras->height[i] = (size_t)box.height;
        extras->profile[2 * i] = cb_xalloc_array(extras->width[i], sizeof(double));
        extras->profile[2 * i + 1] = cb_xalloc_array(extras->height[i], sizeof(double));
        cb_verify_projections(image, box, extras->profile[2 * i], extras->profile[2 * i + 1]);
        extras->horizontal[i] = extras->profile[2 * i];
        extras->vertical[i] = extras->profile[2 * i + 1];
    }
    ret->horizontal = extras->horizontal;
    ret->vertical = extras->vertical;
    ret->width = extras->width;
    ret->height = extras->height;
}

static void fill_extras(const struct cb_call *call, const struct cb_image *image,
                        const struct cb_geometry *geometry, const struct cb_header *header,
                        struct extras *extras, struct cb_verify_isr_extras *ret)
{
    ret->mjd = NAN;
    (void)cb_header_get_double(header, "MJD", &ret->mjd);
    if (cb_config_flag(call->config, "calbus.projections"))
        project(image, geometry, extras, ret);
    if (cb_config_flag(call->config, "calbus.correlations")) {
        extras->correlation = cb_xalloc_array(geometry->segments * geometry->segments, sizeof(double));
        cb_verify_amp_correlation(image, geometry, extras->correlation);
        ret->correlation = extras->correlation;
    }
}

/* "R22_S11" from the raw's cards; "detector 4" where they are absent. */
static void detector_name(const struct cb_header *header, int64_t detector, char *ret_name, size_t size)
{
    const char *raft = NULL, *slot = NULL;
    if (cb_header_get_string(header, "RAFTBAY", &raft) && cb_header_get_string(header, "CCDSLOT", &slot))
        snprintf(ret_name, size, "%s_%s", raft, slot);
    else
        snprintf(ret_name, size, "%lld", (long long)detector);
}

static bool put_stats(struct cb_call *call, const struct cb_verify_detector *measured,
                      const struct cb_verify_isr_extras *extras, const struct cb_header *header,
                      const struct cb_call_input *calib, bool was_input, enum cb_verify_type type,
                      struct cb_error *err)
{
    char name[64], key[40];
    const char *sha256 = NULL;
    struct cb_verify_limits limits = cb_verify_limits_default();
    limits.upstream = cb_config_flag(call->config, "calbus.upstreamTests");
    snprintf(key, sizeof key, "LSST CALIB SHA256 %s", cb_verify_stage(type));
    (void)cb_header_get_string(header, key, &sha256);
    detector_name(header, call->id.detector, name, sizeof name);
    const struct cb_verify_provenance provenance = {
        .exposure = (uint64_t)call->id.exposure,
        .detector = (uint32_t)call->id.detector,
        .detector_name = name,
        .calib_run = calib->run,
        .calib_uuid = calib->id,
        .calib_sha256 = sha256,
        .was_input = was_input,
    };
    cb_auto_bytes struct cb_bytes text = CB_BYTES(STATS_TEXT_MAX);
    cb_verify_yaml_detector(measured, &limits, extras, &provenance, &text, NULL);
    if (!cb_bytes_ok(&text))
        return cb_fail(err, CB_ERR_INVALID, "the statistics of detector %s are longer than %u bytes", name,
                       STATS_TEXT_MAX);
    return cb_call_put_text(call, "outputStats", cb_bytes_text(&text), text.size, err);
}

static bool measure(struct cb_call *call, enum cb_verify_type type, const struct cb_call_stack *stack,
                    const struct cb_call_input *calib, struct cb_error *err)
{
    const struct cb_geometry *geometry = stack->source[0].raw.geometry;
    const struct cb_verify_config config = config_of(call->config);
    cb_auto(cb_image_free) struct cb_image *image = NULL;
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    struct cb_isr_report report;
    struct calib_facts facts;
    struct cb_verify_expected expected[CB_MAX_SEGMENTS];
    struct cb_verify_detector measured;
    __attribute__((cleanup(extras_done_at_exit))) struct extras extras = { 0 };

    if (!cb_call_process_stacked(call, "inputExp", stack, 0, &image, &header, &report, err) ||
        !read_calib(call, calib, geometry, type, call->id.exposure, &facts, err) ||
        !expect_all(call, stack, &report, type, facts.was_input, expected, err) ||
        !mask_hot(call, stack, &report, type, image, err))
        return false;
    struct cb_verify_isr_extras isr = { .percentile = (const double(*)[7])facts.percentile };
    fill_extras(call, image, geometry, header, &extras, &isr); /* before the cosmic rays are replaced */
    return cb_verify_measure(image, geometry, &report, expected, type, &config, (uint64_t)call->id.exposure,
                             (uint32_t)call->id.detector, &measured, err) &&
           put_stats(call, &measured, &isr, header, calib, facts.was_input, type, err);
}

static bool verify(struct cb_call *call, enum cb_verify_type type, struct cb_error *err)
{
    const struct cb_call_input *calib = under_test(call, type);
    struct cb_call_stack stack = { 0 };
    if (calib == NULL)
        return cb_fail(err, CB_ERR_INVALID,
                       "task %s verifies a %s, but the ISR that feeds it applies none; switch its do%c%s on",
                       call->task->label, cb_verify_type_name(type), cb_verify_stage(type)[0],
                       cb_verify_type_name(type) + 1);
    if (!cb_call_stack(call, "inputExp", &stack, err))
        return false;
    bool done = measure(call, type, &stack, calib, err);
    cb_call_stack_done(&stack);
    return done;
}

static bool run_bias(struct cb_call *call, struct cb_error *err)
{
    return verify(call, CB_VERIFY_BIAS, err);
}

static bool run_dark(struct cb_call *call, struct cb_error *err)
{
    return verify(call, CB_VERIFY_DARK, err);
}

static bool run_flat(struct cb_call *call, struct cb_error *err)
{
    return verify(call, CB_VERIFY_FLAT, err);
}

const struct cb_task_class cb_task_verify_bias = {
    .name = "lsst.cp.verify.CpVerifyBiasTask",
    .alias = "lsst.cp.verify.verifyBias.CpVerifyBiasTask",
    .dims = FRAME,
    .batch = EXPOSURES_AT_ONCE,
    .fields = fields,
    .connections = connections,
    .run = run_bias,
};

const struct cb_task_class cb_task_verify_dark = {
    .name = "lsst.cp.verify.CpVerifyDarkTask",
    .alias = "lsst.cp.verify.verifyDark.CpVerifyDarkTask",
    .dims = FRAME,
    .batch = EXPOSURES_AT_ONCE,
    .fields = fields,
    .connections = connections,
    .run = run_dark,
};

const struct cb_task_class cb_task_verify_flat = {
    .name = "lsst.cp.verify.CpVerifyFlatTask",
    .alias = "lsst.cp.verify.verifyFlat.CpVerifyFlatTask",
    .dims = FRAME,
    .batch = EXPOSURES_AT_ONCE,
    .fields = fields,
    .connections = connections,
    .run = run_flat,
};
