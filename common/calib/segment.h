/* Geometry of a detector's raw segments: which pixels are data and overscan, where they land when assembled.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define CB_MAX_SEGMENTS 16

enum cb_vendor { CB_VENDOR_UNKNOWN = 0, CB_VENDOR_ITL, CB_VENDOR_E2V };

/* 0-based half-open box of pixels: x0 <= x < x0 + width. */
struct cb_box {
    int x0, y0, width, height;
};

/* What a raw file says about one of its segments. */
struct cb_segment_raw {
    const char *name;    /* EXTNAME "Segment10" or amplifier name "C10" */
    int width_px;        /* NAXIS1 (ZNAXIS1) */
    int height_px;       /* NAXIS2 (ZNAXIS2) */
    const char *datasec; /* "[4:512,1:2000]"; NULL when the header has none */
};

/* One segment. Boxes named raw lie in the unflipped segment, assembled in the detector. */
struct cb_segment {
    char amp[8];                  /* "C10" */
    int width_px, height_px;      /* of the raw segment */
    struct cb_box data;           /* raw */
    struct cb_box serial_prescan; /* raw; left of the data, data rows */
    struct cb_box
        serial_overscan; /* raw; right of the data to the edge, rows of data AND parallel overscan */
    struct cb_box parallel_overscan; /* raw; above the data to the edge, data columns */
    bool flip_x, flip_y;             /* of the data when it is assembled */
    struct cb_box assembled;         /* where the data lands */
};

struct cb_geometry {
    enum cb_vendor vendor;
    int width_px, height_px; /* of the assembled detector */
    size_t segments;
    struct cb_segment segment[CB_MAX_SEGMENTS]; /* in the order given, that of the file */
};

/* "ITL-3800C-283", "ITL" or "E2V-CCD250-..." (any case) -> vendor. */
enum cb_vendor cb_vendor_parse(const char *text);
const char *cb_vendor_name(enum cb_vendor vendor); /* "ITL", "E2V", "" */

/* "[x0:x1,y0:y1]", 1-based inclusive, either order in an axis -> box. False when it is no section. */
bool cb_section_parse(const char *text, struct cb_box *ret_box);

/*
 * Geometry of a detector from what its raw segments say.
 *
 * detsize   DETSIZE of the segments, "[1:4072,1:4000]"; NULL: 8 (or as many as there are) by 2 data boxes
 * vendor    decides the flips; CB_VENDOR_UNKNOWN: told from the prescan (fewer than 7 columns are ITL)
 *
 * The overscans are what lies beyond the data box, up to the edge of the segment; DETSEC is not looked at
 * because its y axis runs against the assembled detector's. Without DATASEC the data box is the full-size one
 * of the vendor. 16 segments make a whole detector, 8 (C10..C17, DETSIZE one segment high) a corner wavefront
 * half.
 *
 * Errors    CB_ERR_INVALID  no or too many segments, an amplifier name that is no C00..C17 or twice there, a
 * data box outside its segment or of another size than its neighbours', DETSIZE that they do not fill Source
 * lsst/obs_lsst policy/cameraHeader.yaml (boxes, flips); equal to its spot images of both vendors
 */
CB_MUST_CHECK bool cb_geometry_make(const struct cb_segment_raw *raw, size_t segments, const char *detsize,
                                    enum cb_vendor vendor, struct cb_geometry *ret_geometry,
                                    struct cb_error *err);

/* Same boxes and flips, amplifier by amplifier. */
bool cb_geometry_equal(const struct cb_geometry *a, const struct cb_geometry *b);

/* Index of an amplifier ("C10"), -1 when absent. */
int cb_geometry_find(const struct cb_geometry *geometry, const char *amp);

/* How much of a region may be left out when wanted pixels are asked for: at most a quarter of its size, so
 * that the small overscans of scaled frames keep pixels. */
int cb_skip_shrink(int wanted, int size);
