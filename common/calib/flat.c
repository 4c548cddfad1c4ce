/* Levels of flats, and scales that are free of the detectors' differences. */
#include "calib/flat.h"

#include "calib/stats.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>

#define CLIP 3.0 /* lsst/cp_pipe cpFlatNormalizeTask.py */
#define CLIP_ROUNDS 3
#define SCALE_ROUNDS 10 /* lsst/cp_pipe cpFlatNormalizeTask.py */

static bool measure_box(const struct cb_image *image, const struct cb_box *box, struct cb_flat_level *ret,
                        struct cb_error *err)
{
    struct cb_stats stats;
    const struct cb_pixels pixels =
        cb_pixels_of(image, box, CB_MASK(DETECTED) | CB_MASK(BAD) | CB_MASK(NO_DATA));
    if (!cb_stats_measure(&pixels, CLIP, CLIP_ROUNDS, &stats, err))
        return false;
    *ret = (struct cb_flat_level){ stats.clipped_mean, stats.clipped_stdev, stats.n };
    return true;
}

bool cb_flat_measure(const struct cb_image *image, const struct cb_geometry *geometry,
                     struct cb_flat_measure *ret_measure, struct cb_error *err)
{
    struct cb_flat_measure measure = { .amps = geometry->segments };
    if (image->width_px != (size_t)geometry->width_px || image->height_px != (size_t)geometry->height_px)
        return cb_fail(err, CB_ERR_INVALID, "the flat has %zu x %zu pixels, the detector %d x %d",
                       image->width_px, image->height_px, geometry->width_px, geometry->height_px);
    if (!measure_box(image, NULL, &measure.detector, err))
        return false;
    for (size_t s = 0; s < geometry->segments; s++)
        if (!measure_box(image, &geometry->segment[s].assembled, &measure.amp[s], err))
            return false;
    *ret_measure = measure;
    return true;
}

/* Levels as logarithms, and the two sides of the model log level = exposure + detector. */
struct model {
    size_t detectors, exposures;
    const double *weight;
    double *log_level; /* NaN: missing */
    double *exposure, *detector;
};

static double average(double sum, double weight)
{
    return weight > 0.0 ? sum / weight : NAN;
}

static void fit_exposures(struct model *m)
{
    for (size_t e = 0; e < m->exposures; e++) {
        double sum = 0.0, weight = 0.0;
        for (size_t d = 0; d < m->detectors; d++) {
            size_t at = d * m->exposures + e;
            if (isnan(m->log_level[at]) || isnan(m->detector[d]))
                continue;
            sum += m->weight[at] * (m->log_level[at] - m->detector[d]);
            weight += m->weight[at];
        }
        m->exposure[e] = average(sum, weight);
    }
}

static void fit_detectors(struct model *m)
{
    double others = 0.0;
    size_t found = 0;
    for (size_t d = 0; d < m->detectors; d++) {
        double sum = 0.0, weight = 0.0;
        for (size_t e = 0; e < m->exposures; e++) {
            size_t at = d * m->exposures + e;
            if (isnan(m->log_level[at]))
                continue;
            sum += m->weight[at] * (m->log_level[at] - m->exposure[e]);
            weight += m->weight[at];
        }
        m->detector[d] = average(sum, weight);
        if (!isnan(m->detector[d])) {
            others += m->detector[d];
            found++;
        }
    }
    for (size_t d = 0; d < m->detectors; d++)
        if (isnan(m->detector[d]))
            m->detector[d] = others / (double)found;
}

/* The detectors' scales average to 1, by the weights as given. */
static void normalise(struct model *m)
{
    double sum = 0.0, weight = 0.0;
    for (size_t d = 0; d < m->detectors; d++)
        for (size_t e = 0; e < m->exposures; e++) {
            size_t at = d * m->exposures + e;
            sum += m->weight[at] * exp(m->detector[d]);
            weight += m->weight[at];
        }
    for (size_t d = 0; d < m->detectors; d++)
        m->detector[d] -= log(sum / weight);
}

static bool check_levels(const struct model *m, struct cb_error *err)
{
    for (size_t e = 0; e < m->exposures; e++) {
        bool any = false;
        for (size_t d = 0; d < m->detectors; d++)
            any |= !isnan(m->log_level[d * m->exposures + e]);
        if (!any)
            return cb_fail(err, CB_ERR_INVALID, "exposure %zu of the flats has no level in any detector", e);
    }
    return true;
}

bool cb_flat_scales(const double *level, const double *weight, size_t detectors, size_t exposures,
                    double *ret_exposure_scale, double *ret_detector_scale, struct cb_error *err)
{
    if (detectors == 0 || exposures == 0)
        return cb_fail(err, CB_ERR_INVALID, "%zu detectors and %zu exposures are no set of flats", detectors,
                       exposures);
    cb_auto(cb_free) double *logs = cb_xalloc_array(detectors * exposures, sizeof *logs);
    cb_auto(cb_free) double *exposure = cb_xalloc_array(exposures, sizeof *exposure);
    cb_auto(cb_free) double *detector = cb_xalloc_array(detectors, sizeof *detector);
    struct model m = { detectors, exposures, weight, logs, exposure, detector };
    for (size_t i = 0; i < detectors * exposures; i++)
        logs[i] = level[i] > 0.0 && isfinite(level[i]) && weight[i] > 0.0 ? log(level[i]) : NAN;
    if (!check_levels(&m, err))
        return false;

    fit_exposures(&m);
    for (int round = 0; round < SCALE_ROUNDS; round++) {
        fit_detectors(&m);
        fit_exposures(&m);
        normalise(&m);
    }
    fit_exposures(&m);
    for (size_t e = 0; e < exposures; e++)
        ret_exposure_scale[e] = exp(exposure[e]);
    for (size_t d = 0; d < detectors; d++)
        ret_detector_scale[d] = exp(detector[d]);
    return true;
}
