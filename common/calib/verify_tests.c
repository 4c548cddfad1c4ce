/* Tests, votes and verdicts of verification: comparisons only. */
#include "calib/verify_tests.h"

#include <math.h>
#include <stdlib.h>

#define UNIT_CHARGE "electron"
#define UNIT_RATIO ""

const char *cb_outcome_name(enum cb_outcome outcome)
{
    return outcome == CB_OUTCOME_PASS ? "pass" : outcome == CB_OUTCOME_FAIL ? "fail" : "no_data";
}

struct cb_verify_limits cb_verify_limits_default(void)
{
    return (struct cb_verify_limits){
        .noise = 0.05, .cr_noise = 0.05, .flat_noise = 0.05, .level = 0.05, .scatter = 0.05
    };
}

/* ---- comparisons; anything that is not finite is no data ---- */

static struct cb_verify_result judge(const char *test, const char *metric, const char *unit, bool counts,
                                     double value, double limit, bool passes)
{
    bool known = isfinite(value) && isfinite(limit);
    return (struct cb_verify_result){
        .test = test,
        .metric = metric,
        .unit = unit,
        .outcome = !known   ? CB_OUTCOME_NO_DATA
                   : passes ? CB_OUTCOME_PASS
                            : CB_OUTCOME_FAIL,
        .value = value,
        .limit = known ? limit : NAN,
        .counts = counts,
    };
}

/* centre (1 - fraction) <= value <= centre (1 + fraction), on both sides or only above. The rule itself is
 * asked for in the form of the source, so that a value at the very limit falls on the same side. */
static struct cb_verify_result judge_fraction(const char *test, const char *metric, double value,
                                              double centre, double fraction, bool two_sided)
{
    double off = (value - centre) / centre;
    bool passes = two_sided ? fabs(off) <= fraction : off <= fraction;
    double limit = centre * (two_sided && value < centre ? 1.0 - fraction : 1.0 + fraction);
    return judge(test, metric, UNIT_CHARGE, true, value, limit, passes);
}

static double or_zero(double value)
{
    return isfinite(value) ? value : 0.0;
}

/* ---- amplifier ---- */

static struct cb_verify_result test_mean(const struct cb_verify_amp *amp)
{
    double limit = amp->mean < 0.0 ? -amp->noise : amp->noise;
    return judge("MEAN", "MEAN", UNIT_CHARGE, true, amp->mean, limit, fabs(amp->mean) < amp->noise);
}

/* The pattern counts as the overscan's as far as twice of what the overscan is expected to leave; more is a
 * change. */
#define PATTERN_ALLOWANCE 2.0

/* credit: how much of a negative calib_variance is believed, 0 or 1. */
static double expected_dark_noise(const struct cb_verify_amp *amp, double credit)
{
    const struct cb_verify_expected *e = &amp->expected;
    const double white = e->read_noise * e->read_noise;
    const double pattern =
        fmin(or_zero(amp->pattern), PATTERN_ALLOWANCE * or_zero(e->overscan_fraction) * white);
    return sqrt(white + pattern + fmax(or_zero(e->dark_signal), 0.0) +
                (e->calib_variance < 0.0 ? credit : 1.0) * or_zero(e->calib_variance));
}

/* The calibration is correlated with its own inputs, the less the more of their pixels were clipped: anything
 * between full and no correlation is right. */
static struct cb_verify_result test_noise(const struct cb_verify_amp *amp,
                                          const struct cb_verify_limits *limits)
{
    if (limits->upstream)
        return judge_fraction("NOISE", "NOISE", amp->noise, amp->expected.read_noise, limits->noise, false);
    const double low = expected_dark_noise(amp, 1.0), high = expected_dark_noise(amp, 0.0);
    if (amp->noise > low && amp->noise < high)
        return judge("NOISE", "NOISE", UNIT_CHARGE, true, amp->noise, high * (1.0 + limits->noise), true);
    return judge_fraction("NOISE", "NOISE", amp->noise, amp->noise >= high ? high : low, limits->noise, true);
}

/* |noise - cr_noise| / cr_noise <= f, said of cr_noise: noise / (1 + f) <= cr_noise <= noise / (1 - f). */
static struct cb_verify_result test_cr_noise(const struct cb_verify_amp *amp,
                                             const struct cb_verify_limits *limits)
{
    bool passes = fabs(amp->noise - amp->cr_noise) / amp->cr_noise <= limits->cr_noise;
    double limit =
        amp->noise / (amp->cr_noise > amp->noise ? 1.0 - limits->cr_noise : 1.0 + limits->cr_noise);
    if (amp->noise == 0.0 && amp->cr_noise == 0.0)
        passes = false;
    return judge("CR_NOISE", "CR_NOISE", UNIT_CHARGE, true, amp->cr_noise, limit, passes);
}

static bool test_consistency(const struct cb_verify_amp *amp, const struct cb_verify_limits *limits,
                             struct cb_verify_result *ret)
{
    double measured = amp->expected.gain * amp->read_noise_adu;
    if (measured == 0.0)
        return false;
    *ret = judge_fraction("READ_NOISE_CONSISTENT", "READ_NOISE", measured, amp->expected.read_noise,
                          limits->noise, false);
    ret->counts = false;
    return true;
}

static struct cb_verify_result test_flat_noise(const struct cb_verify_amp *amp,
                                               const struct cb_verify_limits *limits)
{
    const struct cb_verify_expected *e = &amp->expected;
    double variance = amp->mean;
    if (limits->upstream)
        return judge("NOISE", "NOISE", UNIT_CHARGE, true, amp->noise, sqrt(variance),
                     amp->noise <= sqrt(variance));
    variance += or_zero(e->read_noise * e->read_noise) * (1.0 + or_zero(e->overscan_fraction)) +
                amp->mean * amp->mean * or_zero(e->flat_fraction);
    return judge_fraction("NOISE", "NOISE", amp->noise, sqrt(variance), limits->flat_noise, false);
}

static int compare_doubles(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* Median of the finite ones; NaN when there is none. */
static double median_of(const double *value, size_t count)
{
    double sorted[CB_MAX_SEGMENTS];
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(value[i]))
            sorted[n++] = value[i];
    if (n == 0)
        return NAN;
    qsort(sorted, n, sizeof *sorted, compare_doubles);
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0;
}

static struct cb_verify_result test_level(const struct cb_verify_detector *detector, size_t amp,
                                          const struct cb_verify_limits *limits)
{
    double mean[CB_MAX_SEGMENTS];
    for (size_t i = 0; i < detector->amps; i++)
        mean[i] = detector->amp[i].mean;
    return judge_fraction("LEVEL", "MEAN", detector->amp[amp].mean, median_of(mean, detector->amps),
                          limits->level, true);
}

static size_t flat_amp_tests(const struct cb_verify_detector *detector, size_t amp,
                             const struct cb_verify_limits *limits, struct cb_verify_result *results)
{
    results[0] = test_flat_noise(&detector->amp[amp], limits);
    if (limits->upstream)
        return 1;
    results[1] = test_level(detector, amp, limits);
    return 2;
}

size_t cb_verify_amp_tests(const struct cb_verify_detector *detector, size_t amp,
                           const struct cb_verify_limits *limits,
                           struct cb_verify_result ret_results[CB_VERIFY_TESTS_MAX])
{
    const struct cb_verify_amp *at = &detector->amp[amp];
    size_t count = 0;
    if (detector->type == CB_VERIFY_FLAT)
        return flat_amp_tests(detector, amp, limits, ret_results);
    ret_results[count++] = test_mean(at);
    ret_results[count++] = test_noise(at, limits);
    ret_results[count++] = test_cr_noise(at, limits);
    if (detector->too_many_cosmics)
        ret_results[count++] = judge("PROCESSING", "COSMICS", UNIT_RATIO, true, 1.0, 0.0, false);
    if (test_consistency(at, limits, &ret_results[count]))
        count++;
    return count;
}

/* ---- detector, exposure ---- */

size_t cb_verify_detector_tests(const struct cb_verify_detector *detector,
                                const struct cb_verify_limits *limits,
                                struct cb_verify_result ret_results[CB_VERIFY_TESTS_MAX])
{
    if (detector->type != CB_VERIFY_FLAT)
        return 0;
    double ratio = detector->scatter / detector->mean;
    ret_results[0] =
        judge("SCATTER", "SCATTER", UNIT_RATIO, true, ratio, limits->scatter, ratio <= limits->scatter);
    return 1;
}

static double spread_of(const double *value, size_t count, double *ret_mean)
{
    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += value[i];
    *ret_mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (value[i] - *ret_mean) * (value[i] - *ret_mean);
    return sqrt(squares / (double)count);
}

size_t cb_verify_exposure_tests(enum cb_verify_type type, const double *detector_mean, size_t detectors,
                                const struct cb_verify_limits *limits, double *ret_scatter,
                                struct cb_verify_result ret_results[CB_VERIFY_TESTS_MAX])
{
    double mean = NAN;
    if (type != CB_VERIFY_FLAT)
        return 0;
    *ret_scatter = detectors == 0 ? NAN : spread_of(detector_mean, detectors, &mean);
    double value = limits->upstream ? *ret_scatter : *ret_scatter / mean;
    ret_results[0] = judge("SCATTER", "SCATTER", limits->upstream ? UNIT_CHARGE : UNIT_RATIO, true, value,
                           limits->scatter, value <= limits->scatter);
    return 1;
}

bool cb_verify_success(const struct cb_verify_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (results[i].counts && results[i].outcome != CB_OUTCOME_PASS)
            return false;
    return true;
}

/* ---- run ---- */

struct cb_verify_vote cb_verify_majority(const struct cb_verify_ballot *ballots, size_t exposures,
                                         size_t detectors, size_t threshold, bool upstream)
{
    struct cb_verify_vote vote = {
        .threshold_per_detector = threshold,
        .max_failed_detectors = detectors / 2 + 1,
        .max_failed_exposures = (upstream ? exposures + 1 : exposures) / 2 + 1,
    };
    vote.max_failed_tests = threshold * vote.max_failed_detectors;
    for (size_t i = 0; i < exposures; i++)
        vote.failed_exposures += ballots[i].worst_failures >= vote.max_failed_tests;
    vote.certify = vote.failed_exposures < vote.max_failed_exposures;
    return vote;
}

const char *cb_run_verdict_name(enum cb_run_verdict verdict)
{
    static const char *const names[] = { "", "PASS", "WARN", "FAIL", "NO_DATA" };
    return names[verdict];
}

enum cb_outcome cb_verify_cell_outcome(const struct cb_verify_cell *cell)
{
    if (cell->failed > 0)
        return CB_OUTCOME_FAIL;
    return cell->no_data > 0 || cell->passed == 0 ? CB_OUTCOME_NO_DATA : CB_OUTCOME_PASS;
}

bool cb_verify_cell_persistent(const struct cb_verify_cell *cell)
{
    return cell->failed > 0 && cell->failed * 2 >= cell->failed + cell->passed;
}

enum cb_run_verdict cb_verify_run_verdict(const struct cb_verify_tally *cells,
                                          const struct cb_verify_vote *vote, bool daily,
                                          bool persistent_failure)
{
    if (cells->passed + cells->failed == 0)
        return CB_RUN_NO_DATA;
    if (!vote->certify || (daily && persistent_failure) || 2 * cells->no_data >= cells->total)
        return CB_RUN_FAIL;
    return cells->passed == cells->total ? CB_RUN_PASS : CB_RUN_WARN;
}
