/* Source: lsst/ip_isr ptcDataset.py, toTable. */
#include "io/fits_ptc_columns.h"

#define NUMBER(name, member)                                                                                 \
    {                                                                                                        \
        name, CB_PTC_NUMBER, offsetof(struct cb_ptc_amp, member)                                             \
    }
#define LIST(name, member)                                                                                   \
    {                                                                                                        \
        name, CB_PTC_LIST, offsetof(struct cb_ptc_amp, member)                                               \
    }

const struct cb_ptc_column cb_ptc_columns[] = {
    LIST("INPUT_EXP_PAIR_MJD_START", mjd_start),
    LIST("RAW_EXP_TIMES", raw_exp_times),
    LIST("RAW_MEANS", raw_means),
    LIST("RAW_VARS", raw_vars),
    LIST("RAW_DELTAS", raw_deltas),
    LIST("ROW_MEAN_VARIANCE", row_mean_variance),
    NUMBER("GAIN", gain),
    NUMBER("GAIN_ERR", gain_err),
    NUMBER("GAIN_UNADJUSTED", gain_unadjusted),
    LIST("GAIN_LIST", gain_list),
    LIST("OVERSCAN_MEDIAN_LIST", overscan_median_list),
    NUMBER("OVERSCAN_MEDIAN", overscan_median),
    NUMBER("OVERSCAN_MEDIAN_SIGMA", overscan_median_sigma),
    LIST("NOISE_LIST", noise_list),
    NUMBER("NOISE", noise),
    NUMBER("NOISE_ERR", noise_err),
    LIST("HIST_VARS", hist_vars),
    LIST("HIST_CHI2_DOFS", hist_chi2_dofs),
    LIST("KS_PVALUES", ks_pvalues),
    LIST("PTC_FIT_PARS", fit_pars),
    LIST("PTC_FIT_PARS_ERROR", fit_pars_error),
    NUMBER("PTC_FIT_CHI_SQ", fit_chi_sq),
    NUMBER("PTC_TURNOFF", turnoff),
    NUMBER("PTC_TURNOFF_SAMPLING_ERROR", turnoff_sampling_error),
    NUMBER("PTC_ROLLOFF", rolloff),
    NUMBER("PTC_ROLLOFF_ERROR", rolloff_error),
    NUMBER("PTC_ROLLOFF_TAU", rolloff_tau),
    NUMBER("PTC_ROLLOFF_TAU_ERROR", rolloff_tau_error),
    LIST("A_MATRIX", a_matrix),
    LIST("B_MATRIX", b_matrix),
    LIST("NOISE_MATRIX", noise_matrix),
    LIST("PHOTO_CHARGE", photo_charge),
    LIST("PHOTO_CHARGE_DELTAS", photo_charge_deltas),
    LIST("AMP_OFFSETS", amp_offsets),
    LIST("COVARIANCES", covariances),
    LIST("COVARIANCES_MODEL", covariances_model),
    LIST("COVARIANCES_SQRT_WEIGHTS", covariances_sqrt_weights),
    LIST("FINAL_VARS", final_vars),
    LIST("FINAL_MODEL_VARS", final_model_vars),
    LIST("FINAL_MEANS", final_means),
};
const size_t cb_ptc_column_count = sizeof cb_ptc_columns / sizeof cb_ptc_columns[0];
