/* Photon transfer curves that tell the truth. */
#include "truth.h"

#include "base/alloc.h"
#include "calib/ptc.h"
#include "calib/simulate_steps.h"
#include "io/fits_ptc.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ERROR_RMS 3e-4 /* relative, of gain and noise */
#define ERROR_MAX 1e-3 /* relative */
#define A00_PER_E (-1.7e-6)
#define TURNOFF_E 117000.0 /* verification.md 7, ITL */
#define BEGIN_OF_TIME "1970-01-01T00:00:00"

static double measured(const struct cb_random *random, uint64_t index, double truth)
{
    double error = ERROR_RMS * cb_random_normal(random, index);
    return truth * (1.0 + fmax(-ERROR_MAX, fmin(ERROR_MAX, error)));
}

static struct cb_doubles doubles_of(double a, double b, double c)
{
    struct cb_doubles list = { .at = cb_xalloc_array(3, sizeof(double)), .count = 3 };
    list.at[0] = a;
    list.at[1] = b;
    list.at[2] = c;
    return list;
}

static void fill_amp(const struct cb_sim_detector *truth, size_t amp, struct cb_ptc_amp *ret_amp)
{
    const struct cb_sim_amp *a = &truth->amp[amp];
    struct cb_random random =
        cb_random_of(truth->seed, 0, (uint32_t)truth->detector, (uint32_t)amp, CB_SIM_STEP_PTC);
    double gain = measured(&random, 0, a->gain_e_per_adu), noise = measured(&random, 1, a->noise_e);
    ret_amp->gain = ret_amp->gain_unadjusted = gain;
    ret_amp->gain_err = ERROR_RMS * gain;
    ret_amp->noise = noise;
    ret_amp->noise_err = ERROR_RMS * noise;
    ret_amp->overscan_median = a->level_adu;
    ret_amp->turnoff = TURNOFF_E / gain;
    ret_amp->fit_pars = doubles_of(A00_PER_E, gain, noise * noise);
    ret_amp->fit_pars_error = doubles_of(0, ERROR_RMS * gain, 2 * ERROR_RMS * noise * noise);
}

/* Dead from the first exposure on. */
static bool is_dead(const struct schedule *schedule, int detector, size_t amp)
{
    return schedule_state(schedule, detector, amp, schedule->shot[0].begin_tai_ns).response_factor <= 0;
}

static void mark_bad(struct cb_ptc *ptc, struct cb_ptc_amp *amp)
{
    amp->gain = amp->gain_unadjusted = amp->gain_err = NAN;
    amp->noise = amp->noise_err = NAN;
    ptc->bad_amps = cb_xrealloc_array(ptc->bad_amps, ptc->bad_amp_count + 1, sizeof *ptc->bad_amps);
    ptc->bad_amps[ptc->bad_amp_count++] = cb_xstrdup(amp->name);
}

static struct cb_ptc *make_ptc(const struct camera_detector *detector, const struct schedule *schedule)
{
    struct cb_ptc *ptc = cb_ptc_new(CB_MAX_SEGMENTS);
    snprintf(ptc->fit_type, sizeof ptc->fit_type, "EXPAPPROXIMATION");
    for (size_t i = 0; i < CB_MAX_SEGMENTS; i++) {
        struct cb_ptc_amp *amp = &ptc->amp[i];
        snprintf(amp->name, sizeof amp->name, "%s", cb_sim_amp_name(i));
        fill_amp(detector->truth, i, amp);
        if (is_dead(schedule, detector->record.id, i))
            mark_bad(ptc, amp);
    }
    return ptc;
}

static struct cb_header *make_metadata(const struct camera *camera, const struct camera_detector *detector)
{
    struct cb_header *h = cb_header_new();
    cb_header_set_string(h, "INSTRUME", camera->instrument->name, "");
    cb_header_set_string(h, "RAFTNAME", detector->record.raft, "");
    cb_header_set_string(h, "SLOTNAME", detector->record.name_in_raft, "");
    cb_header_set_int(h, "DETECTOR", detector->record.id, "");
    cb_header_set_string(h, "DET_NAME", detector->record.full_name, "");
    cb_header_set_string(h, "DET_SER", detector->record.serial, "");
    cb_header_set_string(h, "CALIBDATE", BEGIN_OF_TIME, "");
    return h;
}

bool ptc_write(const char *folder, const struct frames_request *request, struct cb_error *err)
{
    for (size_t i = 0; i < request->camera->detectors; i++) {
        const struct camera_detector *detector = &request->camera->detector[i];
        cb_auto(cb_ptc_free) struct cb_ptc *ptc = make_ptc(detector, request->schedule);
        cb_auto(cb_header_free) struct cb_header *metadata = make_metadata(request->camera, detector);
        cb_auto(cb_free) char *path = cb_xasprintf("%s/ptc_det%03d.fits", folder, detector->record.id);
        if (!cb_ptc_write(path, ptc, metadata, err))
            return false;
    }
    return true;
}
