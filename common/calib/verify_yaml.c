/* Writes the dictionaries of verification. Keys are names of amplifiers, tests and metrics: plain YAML
 * scalars. */
#include "calib/verify_yaml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const levels[7] = { "0.0", "5.0", "16.0", "50.0", "84.0", "95.0", "100.0" };

void cb_verify_put_number(struct cb_bytes *out, double value)
{
    char text[40];
    if (isnan(value)) {
        cb_bytes_puts(out, ".nan");
        return;
    }
    if (isinf(value)) {
        cb_bytes_puts(out, value > 0 ? ".inf" : "-.inf");
        return;
    }
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    /* YAML 1.1 reads a number with an exponent as text unless it has a point */
    size_t mantissa = strcspn(text, "e");
    if (memchr(text, '.', mantissa) != NULL)
        cb_bytes_puts(out, text);
    else
        cb_bytes_printf(out, "%.*s.0%s", (int)mantissa, text, text + mantissa);
}

static void put_pair(struct cb_bytes *out, const char *key, double value, const char *indent)
{
    cb_bytes_printf(out, "%s%s: ", indent, key);
    cb_verify_put_number(out, value);
    cb_bytes_puts(out, "\n");
}

static const char *boolean(bool value)
{
    return value ? "true" : "false";
}

/* Text in double quotes; control characters, quotes and backslashes escaped. NULL is null. */
static void put_quoted(struct cb_bytes *out, const char *text)
{
    if (text == NULL) {
        cb_bytes_puts(out, "null");
        return;
    }
    cb_bytes_puts(out, "\"");
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        if (*p == '"' || *p == '\\')
            cb_bytes_printf(out, "\\%c", *p);
        else if (*p < 0x20 || *p == 0x7f)
            cb_bytes_printf(out, "\\x%02x", *p);
        else
            cb_bytes_add(out, p, 1);
    cb_bytes_puts(out, "\"");
}

/* ---- detector ---- */

static void put_amp_metrics(const struct cb_verify_detector *measured, struct cb_bytes *out)
{
    cb_bytes_puts(out, "AMP:\n");
    for (size_t i = 0; i < measured->amps; i++) {
        const struct cb_verify_amp *amp = &measured->amp[i];
        cb_bytes_printf(out, "  %s:\n", amp->amp);
        put_pair(out, "MEAN", amp->mean, "    ");
        put_pair(out, "NOISE", amp->noise, "    ");
        if (measured->type != CB_VERIFY_FLAT)
            put_pair(out, "CR_NOISE", amp->cr_noise, "    ");
        if (measured->type == CB_VERIFY_BIAS)
            put_pair(out, "AMP_CORNER", amp->corner, "    ");
    }
    cb_bytes_puts(out, "METADATA:\n  READ_NOISE_ADU:\n");
    for (size_t i = 0; i < measured->amps; i++)
        put_pair(out, measured->amp[i].amp, measured->amp[i].read_noise_adu, "    ");
    cb_bytes_puts(out, "CATALOG: {}\n");
}

static void put_detector_metrics(const struct cb_verify_detector *measured, struct cb_bytes *out)
{
    if (measured->type != CB_VERIFY_FLAT) {
        cb_bytes_puts(out, "DET: {}\n");
        return;
    }
    cb_bytes_puts(out, "DET:\n");
    put_pair(out, "MEAN", measured->mean, "  ");
    put_pair(out, "SCATTER", measured->scatter, "  ");
}

static void put_list(struct cb_bytes *out, const char *amp, const double *value, size_t count)
{
    cb_bytes_printf(out, "      %s: [", amp);
    for (size_t i = 0; i < count; i++) {
        cb_bytes_puts(out, i == 0 ? "" : ", ");
        cb_verify_put_number(out, (double)(float)value[i]);
    }
    cb_bytes_puts(out, "]\n");
}

static void put_projections(const struct cb_verify_detector *measured,
                            const struct cb_verify_isr_extras *extras, struct cb_bytes *out)
{
    if (extras->horizontal == NULL || extras->vertical == NULL) {
        cb_bytes_puts(out, "  PROJECTION: null\n");
        return;
    }
    cb_bytes_puts(out, "  PROJECTION:\n    AMP_HPROJECTION:\n");
    for (size_t i = 0; i < measured->amps; i++)
        put_list(out, measured->amp[i].amp, extras->horizontal[i], extras->width[i]);
    cb_bytes_puts(out, "    AMP_VPROJECTION:\n");
    for (size_t i = 0; i < measured->amps; i++)
        put_list(out, measured->amp[i].amp, extras->vertical[i], extras->height[i]);
}

static void put_distribution(const struct cb_verify_detector *measured,
                             const struct cb_verify_isr_extras *extras, struct cb_bytes *out)
{
    if (extras->percentile == NULL) {
        cb_bytes_puts(out, "  CALIBDIST: null\n");
        return;
    }
    cb_bytes_puts(out, "  CALIBDIST:\n");
    for (size_t i = 0; i < measured->amps; i++) {
        cb_bytes_printf(out, "    %s:\n", measured->amp[i].amp);
        for (size_t k = 0; k < 7; k++) {
            cb_bytes_printf(out,
                            "      LSST CALIB %s %s DISTRIBUTION %s-PCT: ", cb_verify_stage(measured->type),
                            measured->amp[i].amp, levels[k]);
            cb_verify_put_number(out, extras->percentile[i][k]);
            cb_bytes_puts(out, "\n");
        }
    }
}

static void put_correlations(const struct cb_verify_detector *measured,
                             const struct cb_verify_isr_extras *extras,
                             const struct cb_verify_provenance *provenance, struct cb_bytes *out)
{
    if (extras->correlation == NULL) {
        cb_bytes_puts(out, "  AMPCORR: null\n");
        return;
    }
    cb_bytes_puts(out, "  AMPCORR:\n");
    for (size_t i = 0; i < measured->amps; i++)
        for (size_t j = 0; j < measured->amps; j++) {
            cb_bytes_printf(out, "  - {detector: %u, detectorComp: %u, ampName: %s, ampComp: %s, imageCorr: ",
                            provenance->detector, provenance->detector, measured->amp[i].amp,
                            measured->amp[j].amp);
            cb_verify_put_number(out, extras->correlation[i * measured->amps + j]);
            cb_bytes_puts(out, ", overscanCorr: .nan}\n");
        }
}

static void put_isr(const struct cb_verify_detector *measured, const struct cb_verify_isr_extras *extras,
                    const struct cb_verify_provenance *provenance, struct cb_bytes *out)
{
    cb_bytes_puts(out, "ISR:\n");
    put_pair(out, "MJD", extras->mjd, "  ");
    put_distribution(measured, extras, out);
    put_projections(measured, extras, out);
    put_correlations(measured, extras, provenance, out);
    cb_bytes_puts(out, "  BIASSHIFT: null\n  CTI: null\n  BANDING: null\n  DIVISADERO: null\n");
}

static bool put_flags(const struct cb_verify_result *results, size_t count, bool with_success,
                      const char *indent, struct cb_bytes *out)
{
    bool success = cb_verify_success(results, count);
    for (size_t i = 0; i < count; i++)
        if (results[i].counts)
            cb_bytes_printf(out, "%s%s: %s\n", indent, results[i].test,
                            boolean(results[i].outcome == CB_OUTCOME_PASS));
    if (with_success)
        cb_bytes_printf(out, "%sSUCCESS: %s\n", indent, boolean(success));
    for (size_t i = 0; i < count; i++) /* tests that do not count come after, as in the source */
        if (!results[i].counts)
            cb_bytes_printf(out, "%s%s: %s\n", indent, results[i].test,
                            boolean(results[i].outcome == CB_OUTCOME_PASS));
    return success;
}

static bool put_verify(const struct cb_verify_detector *measured, const struct cb_verify_limits *limits,
                       struct cb_bytes *out)
{
    struct cb_verify_result results[CB_VERIFY_TESTS_MAX];
    bool success = measured->amps > 0;
    cb_bytes_puts(out, measured->amps > 0 ? "VERIFY:\n  AMP:\n" : "VERIFY:\n  AMP: {}\n");
    for (size_t i = 0; i < measured->amps; i++) {
        size_t count = cb_verify_amp_tests(measured, i, limits, results);
        cb_bytes_printf(out, "    %s:\n", measured->amp[i].amp);
        success &= put_flags(results, count, true, "      ", out);
    }
    size_t count = cb_verify_detector_tests(measured, limits, results);
    if (count == 0) {
        cb_bytes_puts(out, "  DET: {}\n");
        return success;
    }
    cb_bytes_puts(out, "  DET:\n");
    success &= put_flags(results, count, true, "    ", out);
    return success;
}

static void put_tests(const char *amp, const struct cb_verify_result *results, size_t count,
                      struct cb_bytes *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct cb_verify_result *r = &results[i];
        cb_bytes_printf(
            out,
            "  - {amp: \"%s\", test: %s, metric: %s, unit: \"%s\", outcome: %s, counts: %s, value: ", amp,
            r->test, r->metric, r->unit, cb_outcome_name(r->outcome), boolean(r->counts));
        cb_verify_put_number(out, r->value);
        cb_bytes_puts(out, ", limit: ");
        cb_verify_put_number(out, r->limit);
        cb_bytes_puts(out, "}\n");
    }
}

static void put_field(struct cb_bytes *out, const char *key, const char *text)
{
    cb_bytes_printf(out, "  %s: ", key);
    put_quoted(out, text);
    cb_bytes_puts(out, "\n");
}

static void put_calbus(const struct cb_verify_detector *measured, const struct cb_verify_limits *limits,
                       const struct cb_verify_provenance *from, struct cb_bytes *out)
{
    struct cb_verify_result results[CB_VERIFY_TESTS_MAX];
    cb_bytes_printf(out, "CALBUS:\n  exposure: %llu\n  detector: %u\n  input: %s\n",
                    (unsigned long long)from->exposure, from->detector, boolean(from->was_input));
    put_field(out, "detector_name", from->detector_name);
    put_field(out, "calib_run", from->calib_run);
    put_field(out, "calib_uuid", from->calib_uuid);
    put_field(out, "calib_sha256", from->calib_sha256);
    cb_bytes_puts(out, "  MEAN_SIG: {");
    for (size_t i = 0; i < measured->amps; i++) {
        cb_bytes_printf(out, "%s%s: ", i == 0 ? "" : ", ", measured->amp[i].amp);
        cb_verify_put_number(out, measured->amp[i].mean_sig);
    }
    cb_bytes_puts(out, measured->amps > 0 ? "}\n  TESTS:\n" : "}\n  TESTS: []\n");
    for (size_t i = 0; i < measured->amps; i++)
        put_tests(measured->amp[i].amp, results, cb_verify_amp_tests(measured, i, limits, results), out);
    put_tests("", results, cb_verify_detector_tests(measured, limits, results), out);
}

void cb_verify_yaml_detector(const struct cb_verify_detector *measured, const struct cb_verify_limits *limits,
                             const struct cb_verify_isr_extras *extras,
                             const struct cb_verify_provenance *provenance, struct cb_bytes *out,
                             bool *ret_success)
{
    put_amp_metrics(measured, out);
    put_detector_metrics(measured, out);
    put_isr(measured, extras, provenance, out);
    bool success = put_verify(measured, limits, out);
    put_calbus(measured, limits, provenance, out);
    cb_bytes_printf(out, "SUCCESS: %s\n", boolean(success));
    if (ret_success != NULL)
        *ret_success = success;
}

/* ---- merged ---- */

static bool put_part(const struct cb_verify_part *part, struct cb_bytes *out)
{
    cb_bytes_printf(out, "%s:\n  SUCCESS: %s\n", part->name, boolean(part->success));
    if (part->count > 0)
        cb_bytes_puts(out, "  FAILURES:\n");
    for (size_t i = 0; i < part->count; i++) {
        cb_bytes_puts(out, "  - ");
        put_quoted(out, part->failures[i]);
        cb_bytes_puts(out, "\n");
    }
    return part->success;
}

static void finish(bool success, struct cb_bytes *out, bool *ret_success)
{
    cb_bytes_printf(out, "SUCCESS: %s\n", boolean(success));
    if (ret_success != NULL)
        *ret_success = success;
}

void cb_verify_yaml_exposure(const struct cb_verify_part *detectors, size_t count,
                             const struct cb_verify_result *tests, size_t test_count, double scatter,
                             struct cb_bytes *out, bool *ret_success)
{
    bool success = count > 0;
    for (size_t i = 0; i < count; i++)
        success &= put_part(&detectors[i], out);
    if (test_count > 0) {
        cb_bytes_puts(out, "EXP:\n");
        put_pair(out, "SCATTER", scatter, "  ");
        cb_bytes_puts(out, "VERIFY:\n  EXP:\n");
        success &= put_flags(tests, test_count, false, "    ", out);
    }
    finish(success, out, ret_success);
}

void cb_verify_yaml_run(const struct cb_verify_part *exposures, size_t count, struct cb_bytes *out,
                        bool *ret_success)
{
    bool success = count > 0;
    for (size_t i = 0; i < count; i++)
        success &= put_part(&exposures[i], out);
    finish(success, out, ret_success);
}
