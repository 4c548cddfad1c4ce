/* A photon transfer curve: what each amplifier's gain, noise and turnoff are, and what they were measured
 * from. */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A list of numbers; empty is { NULL, 0 }. Owned by whom it lies in. */
struct cb_doubles {
    double *at;
    size_t count;
};

/* An auxiliary value per exposure pair (column PTCAUX_<key>); numbers only or text only. */
struct cb_ptc_aux {
    char *key;
    struct cb_doubles numbers;
    char **texts; /* count of them when is_text, else NULL */
    size_t count;
    bool is_text, is_integer;
};

/* One amplifier. N exposure pairs, S = covariance side, F = side of the fit. Missing scalars are NaN. */
struct cb_ptc_amp {
    char name[8];                        /* "C10" */
    int64_t *input_exp_id_pairs;         /* [N][2] */
    bool *exp_id_mask;                   /* [N] true: used */
    bool *exp_id_rolloff_mask;           /* [N] */
    size_t pairs;                        /* N */
    struct cb_doubles mjd_start;         /* [N] INPUT_EXP_PAIR_MJD_START, days */
    struct cb_doubles raw_exp_times;     /* [N] s */
    struct cb_doubles raw_means;         /* [N] adu */
    struct cb_doubles raw_vars;          /* [N] adu^2 */
    struct cb_doubles raw_deltas;        /* [N] adu */
    struct cb_doubles row_mean_variance; /* [N] adu^2 */
    double gain;                         /* electron per adu; NaN marks a bad amplifier */
    double gain_err;
    double gain_unadjusted;
    struct cb_doubles gain_list;            /* [N] */
    struct cb_doubles overscan_median_list; /* [N] adu */
    double overscan_median;                 /* adu */
    double overscan_median_sigma;           /* adu */
    struct cb_doubles noise_list;           /* [N] adu */
    double noise;                           /* electron */
    double noise_err;
    struct cb_doubles hist_vars, hist_chi2_dofs, ks_pvalues; /* [N] */
    struct cb_doubles fit_pars, fit_pars_error;
    double fit_chi_sq;
    double turnoff; /* ptcTurnoff, adu */
    double turnoff_sampling_error;
    double rolloff, rolloff_error;
    double rolloff_tau, rolloff_tau_error;
    struct cb_doubles a_matrix, b_matrix, noise_matrix;               /* [F * F] row by row */
    struct cb_doubles photo_charge, photo_charge_deltas, amp_offsets; /* [N] */
    int64_t npixel_covariances;
    struct cb_doubles covariances;                               /* [N * S * S] */
    struct cb_doubles covariances_model;                         /* [N * F * F] */
    struct cb_doubles covariances_sqrt_weights;                  /* [N * S * S] */
    struct cb_doubles final_vars, final_model_vars, final_means; /* [N] */
    struct cb_ptc_aux *aux;
    size_t aux_count;
};

struct cb_ptc {
    char fit_type[32];      /* PARTIAL, DUMMY, EXPAPPROXIMATION, FULLCOVARIANCE, FULLCOVARIANCE_NO_B */
    int64_t cov_side;       /* S */
    int64_t cov_side_fit;   /* F */
    struct cb_ptc_amp *amp; /* [amps], in the order of the file */
    size_t amps;
    char **bad_amps; /* [bad_amp_count] */
    size_t bad_amp_count;
};

/* A PTC of amps amplifiers: names empty, lists empty, numbers NaN, npixel_covariances -1, fit type DUMMY,
 * sides 8. */
struct cb_ptc *cb_ptc_new(size_t amps);
void cb_ptc_free(struct cb_ptc *ptc);
CB_DEFINE_CLEANUP(struct cb_ptc *, cb_ptc_free)

/* The amplifier of that name, NULL when absent. Borrowed. */
const struct cb_ptc_amp *cb_ptc_find(const struct cb_ptc *ptc, const char *amp);
