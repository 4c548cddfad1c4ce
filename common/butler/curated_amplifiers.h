/* What curated tables of amplifiers and of wavelengths must have (generation.md 11.3, 11.5,
 * instruments.md 3.5); as cb_curated_prepare. */
#pragma once

#include "io/table.h"

CB_MUST_CHECK bool cb_curated_prepare_bfk(struct cb_table **table, struct cb_error *err);
CB_MUST_CHECK bool cb_curated_prepare_linearizer(struct cb_table **table, struct cb_error *err);
/* Quantum efficiency, of a detector or of each amplifier, as lsst.meas.algorithms.Curve writes it. */
CB_MUST_CHECK bool cb_curated_prepare_qe(struct cb_table **table, struct cb_error *err);
/* Only looked at: the pipelines' own tool writes such files. */
CB_MUST_CHECK bool cb_curated_check_transmission(struct cb_table **table, struct cb_error *err);
