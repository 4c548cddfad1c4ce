/* Memory of a photon transfer curve. */
#include "calib/ptc.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

#define DEFAULT_COVARIANCE_SIDE 8 /* lsst/cp_pipe maximumRangeCovariancesAstier */

static void amp_init(struct cb_ptc_amp *amp)
{
    amp->gain = amp->gain_err = amp->gain_unadjusted = NAN;
    amp->overscan_median = amp->overscan_median_sigma = NAN;
    amp->noise = amp->noise_err = amp->fit_chi_sq = NAN;
    amp->turnoff = amp->turnoff_sampling_error = NAN;
    amp->rolloff = amp->rolloff_error = amp->rolloff_tau = amp->rolloff_tau_error = NAN;
    amp->npixel_covariances = -1;
}

struct cb_ptc *cb_ptc_new(size_t amps)
{
    struct cb_ptc *ptc = cb_xalloc(sizeof *ptc);
    memcpy(ptc->fit_type, "DUMMY", sizeof "DUMMY");
    ptc->cov_side = ptc->cov_side_fit = DEFAULT_COVARIANCE_SIDE;
    ptc->amp = cb_xalloc_array(amps, sizeof *ptc->amp);
    ptc->amps = amps;
    for (size_t i = 0; i < amps; i++)
        amp_init(&ptc->amp[i]);
    return ptc;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts != NULL && i < count; i++)
        free(texts[i]);
    free(texts);
}

static void amp_done(struct cb_ptc_amp *amp)
{
    struct cb_doubles *const lists[] = {
        &amp->mjd_start,
        &amp->raw_exp_times,
        &amp->raw_means,
        &amp->raw_vars,
        &amp->raw_deltas,
        &amp->row_mean_variance,
        &amp->gain_list,
        &amp->overscan_median_list,
        &amp->noise_list,
        &amp->hist_vars,
        &amp->hist_chi2_dofs,
        &amp->ks_pvalues,
        &amp->fit_pars,
        &amp->fit_pars_error,
        &amp->a_matrix,
        &amp->b_matrix,
        &amp->noise_matrix,
        &amp->photo_charge,
        &amp->photo_charge_deltas,
        &amp->amp_offsets,
        &amp->covariances,
        &amp->covariances_model,
        &amp->covariances_sqrt_weights,
        &amp->final_vars,
        &amp->final_model_vars,
        &amp->final_means,
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        free(lists[i]->at);
    free(amp->input_exp_id_pairs);
    free(amp->exp_id_mask);
    free(amp->exp_id_rolloff_mask);
    for (size_t i = 0; i < amp->aux_count; i++) {
        free(amp->aux[i].key);
        free(amp->aux[i].numbers.at);
        free_texts(amp->aux[i].texts, amp->aux[i].count);
    }
    free(amp->aux);
}

void cb_ptc_free(struct cb_ptc *ptc)
{
    if (ptc == NULL)
        return;
    for (size_t i = 0; i < ptc->amps; i++)
        amp_done(&ptc->amp[i]);
    free(ptc->amp);
    free_texts(ptc->bad_amps, ptc->bad_amp_count);
    free(ptc);
}

const struct cb_ptc_amp *cb_ptc_find(const struct cb_ptc *ptc, const char *amp)
{
    for (size_t i = 0; i < ptc->amps; i++)
        if (strcmp(ptc->amp[i].name, amp) == 0)
            return &ptc->amp[i];
    return NULL;
}
