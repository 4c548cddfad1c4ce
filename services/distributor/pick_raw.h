/* The raw frame that a site's deployment is checked with. */
#pragma once

#include "butler/repository.h"
#include "engine/plan.h"
#include "io/db.h"

/* A calibration that was distributed. Texts are owned by the rows it was read from. */
struct distributed {
    const char *type, *run, *id, *sha256, *physical_filter;
    int64_t detector; /* -1: of every detector */
    struct cb_timespan validity;
};

/* What a raw is, by what calibrations are applied to it. */
enum raw_kind { RAW_BIAS, RAW_DARK, RAW_LIT /* flats, science and everything else that has seen light */ };

/* Whether a calibration of that type is applied to a raw: a bias frame gets the bias, a dark the dark too,
 * all others the flat too; a PTC (gains) goes with every one. */
bool is_applied(const char *type, enum raw_kind kind);

/* Whether a distributed calibration should be seen in the header of a raw. */
bool is_expected(const struct distributed *distributed, const struct cb_frame *raw, enum raw_kind kind);

/*
 * The newest raw frame of a repository to which most of what was distributed applies: frames with light in a
 * filter of its flats, then darks, then any with light, then biases.
 *
 * ret_found  0 or 1 frames; end it with cb_frame_list_done
 */
CB_MUST_CHECK bool pick_raw(struct cb_repo *repo, const char *instrument,
                            const struct distributed *distributed, size_t count,
                            struct cb_frame_list *ret_found, enum raw_kind *ret_kind, struct cb_error *err);
