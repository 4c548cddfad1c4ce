/* Geometry of simulated detectors: the raw segments of an ITL sensor at full or reduced size. */
#pragma once

#include "calib/segment.h"

/* Full size of an ITL segment. Source: lsst/obs_lsst policy/cameraHeader.yaml (generation.md 14.2). */
#define CB_SIM_DATA_WIDTH_PX 509
#define CB_SIM_DATA_HEIGHT_PX 2000
#define CB_SIM_PRESCAN_PX 3
#define CB_SIM_SERIAL_OVERSCAN_PX 64
#define CB_SIM_PARALLEL_OVERSCAN_PX 48

#define CB_SIM_SECTION_SIZE 48

/* Sizes of one raw segment, in pixels. */
struct cb_sim_layout {
    double scale; /* 1 is full size, 8 an eighth */
    int data_width, data_height;
    int prescan;           /* serial, left of the data */
    int serial_overscan;   /* right of the data */
    int parallel_overscan; /* above the data */
};

/*
 * Layout of a detector whose data are shrunk by scale: round(509 / scale) by round(2000 / scale). The
 * overscans keep the number of pixels asked for, because the noise that an overscan correction leaves depends
 * on that number.
 *
 * Errors    CB_ERR_INVALID  scale below 1, or so large that a segment has fewer than 8 columns or rows;
 *                           overscans outside 8 .. 1000
 */
CB_MUST_CHECK bool cb_sim_layout_make(double scale, int serial_overscan, int parallel_overscan,
                                      struct cb_sim_layout *ret_layout, struct cb_error *err);

/* Of the whole raw segment. */
int cb_sim_raw_width(const struct cb_sim_layout *layout);
int cb_sim_raw_height(const struct cb_sim_layout *layout);

/* Amplifier of a segment in the order of the file, 0 .. 15: C10 .. C17, C07 .. C00. Column of its block in
 * the detector, 0 .. 7, and whether it lies in the upper half (C1x). */
const char *cb_sim_amp_name(size_t segment);
int cb_sim_amp_column(size_t segment);
bool cb_sim_amp_is_upper(size_t segment);

/* Texts of the header: DATASEC "[4:512,1:2000]", DETSIZE "[1:4072,1:4000]", and DETSEC, whose y axis runs
 * against the assembled detector's. */
void cb_sim_datasec(const struct cb_sim_layout *layout, char ret_text[CB_SIM_SECTION_SIZE]);
void cb_sim_detsize(const struct cb_sim_layout *layout, char ret_text[CB_SIM_SECTION_SIZE]);
void cb_sim_detsec(const struct cb_sim_layout *layout, size_t segment, char ret_text[CB_SIM_SECTION_SIZE]);

/* The geometry that a reader must find in such a file. Errors: as cb_geometry_make (never for a valid
 * layout).
 */
CB_MUST_CHECK bool cb_sim_geometry(const struct cb_sim_layout *layout, struct cb_geometry *ret_geometry,
                                   struct cb_error *err);
