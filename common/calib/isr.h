/* Instrument signature removal of one exposure: raw segments in, an assembled image with variance and mask
 * out. */
#pragma once

#include "calib/dither.h"
#include "calib/image.h"
#include "calib/overscan.h"
#include "calib/ptc.h"
#include "calib/source.h"

/* Settings with upstream's names. Source: lsst/ip_isr isrTaskLSST.py. Steps that are not listed are not done.
 */
struct cb_isr_config {
    bool doBootstrap;  /* gain 1, noise measured in the overscan, everything in adu, no PTC */
    bool doApplyGains; /* to electrons, by the PTC's gains */
    bool doBias, doDark, doFlat;
    bool doNanMasking, doVariance, maskNegativeVariance;
    enum cb_dither_mode integerDitherMode;
    struct cb_overscan_config overscan;
};

/* The baseline of the calibration pipelines (generation: gains, bias, dark and flat off; dither SYMMETRIC).
 */
struct cb_isr_config cb_isr_defaults(void);

/* What the switched-on steps need. Borrowed; NULL where not needed. */
struct cb_isr_inputs {
    const struct cb_ptc *ptc;
    const struct cb_frame_source *bias, *dark, *flat;
};

/* Numbers of one amplifier of one exposure, in the image's unit unless stated. NaN where not measured. */
struct cb_amp_report {
    char amp[8];
    double gain;                                            /* electron per adu, 1 in bootstrap */
    double read_noise;                                      /* electron (adu in bootstrap) */
    double turnoff;                                         /* ptcTurnoff * gain; +inf in bootstrap */
    bool bad;                                               /* left out: its gain is not finite */
    struct cb_overscan_numbers serial, serial_residual;     /* adu */
    struct cb_overscan_numbers parallel, parallel_residual; /* image's unit */
    double final_mean, final_median, final_stdev;           /* of the trimmed amplifier */
    size_t mask_sat, mask_bad, mask_suspect;                /* pixels */
};

struct cb_isr_report {
    size_t amps;
    struct cb_amp_report amp[CB_MAX_SEGMENTS];
    enum cb_unit unit;
    double dark_scale; /* dark time of the exposure over that of the dark; NaN when no dark was subtracted */
};

/*
 * Process one exposure.
 *
 * ret_image   the assembled detector; unit electron with doApplyGains, else adu
 * ret_report  standard statistics included (2.14 of the reference); may not be NULL
 *
 * Order: dither, serial overscan, gains, parallel overscan, assembly, bias, dark, NaN masking, variance,
 * flat.
 *
 * Errors    CB_ERR_INVALID    an input that a switched-on step needs is missing or of another size, an
 * amplifier is not in the PTC, the dark time is NaN; whatever read_rows reports CB_ERR_CONFLICT   a
 * calibration is in another unit than the image CB_ERR_TRANSIENT  no memory Source    lsst/ip_isr
 * isrTaskLSST.py, IsrTaskLSST.run Differs   the unit of the dark is checked (the source looks at the bias);
 * dither is counter-based
 */
CB_MUST_CHECK bool cb_isr_exposure(const struct cb_raw_source *source, const struct cb_isr_config *config,
                                   const struct cb_isr_inputs *inputs, struct cb_image **ret_image,
                                   struct cb_isr_report *ret_report, struct cb_error *err);

/* The cards that ISR writes: LSST ISR UNITS, GAIN <amp>, READNOISE <amp>, OVERSCAN ..., FINAL ..., ...
 * APPLIED. */
void cb_isr_header(const struct cb_isr_config *config, const struct cb_isr_report *report,
                   struct cb_header *header);
