/* The camera that the simulator knows and nobody else: gains, noise, bias structure, dark current and
 * response of each detector, fixed by (seed, detector). */
#pragma once

#include "calib/counter_random.h"
#include "calib/simulate_geometry.h"

/* What is known of a real detector, amplifiers in the order of the file. */
struct cb_sim_constants {
    const char *instrument;
    int detector;
    double gain_e_per_adu[CB_MAX_SEGMENTS];
    double noise_e[CB_MAX_SEGMENTS];
};

/* Source: lsst/obs_lsst policy/comCam/R22.yaml (generation.md Appendix A). NULL when there are none. */
const struct cb_sim_constants *cb_sim_constants_find(const char *instrument, int detector);

/* One amplifier. Bias structure at data pixel (i, j), adu relative to the serial overscan:
 *   serial * exp(-i / serial_tau) + parallel * exp(-j / parallel_tau)
 *   + glow * exp(-((w - 1 - i) + j) / glow_tau) + column[i] + row[j] + marker
 * It lies in the data pixels only; prescan and overscans have none. */
struct cb_sim_amp {
    double gain_e_per_adu;
    double noise_e;
    double level_adu; /* of the serial overscan, on average over exposures */
    double serial_adu, serial_tau_px;
    double parallel_adu, parallel_tau_px;
    double glow_adu, glow_tau_px; /* in the corner last read along x, first along y */
    double dark_e_per_s;          /* of a normal pixel */
    float *serial_px;             /* [data_width] serial term and column pattern, adu */
    float *glow_px;               /* [data_width] glow along x */
};

/* A pixel of the assembled detector that is not like the others. */
struct cb_sim_pixel {
    int x, y;
    double value;
};

/* A grain of dust: a ring of shadow, out of focus. */
struct cb_sim_dust {
    double x_px, y_px, radius_px, depth;
};

enum { CB_SIM_DUST = 6 };

struct cb_sim_detector {
    uint64_t seed;
    int detector;
    struct cb_sim_layout layout;
    struct cb_geometry geometry;
    double x_mm, y_mm; /* of the detector's middle in the focal plane */
    double throughput; /* relative to the other detectors */
    struct cb_sim_amp amp[CB_MAX_SEGMENTS];
    struct cb_sim_dust dust[CB_SIM_DUST];
    struct cb_sim_pixel *hot; /* [hot_count] electrons per second, added to the dark current */
    size_t hot_count;
    struct cb_sim_pixel *dead; /* [dead_count] factor on the response, 0.05 .. 0.5 */
    size_t dead_count;
    size_t bright_amp; /* a bright column: data column and rows of that amplifier */
    int bright_column, bright_from, bright_until;
    double bright_e_per_s;
    float *edge_x,
        *edge_y; /* [width], [height] of the assembled detector: fall of the response to the edges */
};

/* A detector of an ITL camera at (x_mm, y_mm) of the focal plane. */
CB_MUST_CHECK bool cb_sim_detector_new(uint64_t seed, const struct cb_sim_constants *constants,
                                       const struct cb_sim_layout *layout, double x_mm, double y_mm,
                                       struct cb_sim_detector **ret_detector, struct cb_error *err);
void cb_sim_detector_free(struct cb_sim_detector *detector);
CB_DEFINE_CLEANUP(struct cb_sim_detector *, cb_sim_detector_free)

/* The truth of data row j of an amplifier, pixels in reading order: bias structure in adu, dark current in
 * electron/s, and response (illumination, detector, pixel, dust; dimensionless, near 1) in a band ('r'). Each
 * writes [data_width]. */
void cb_sim_structure_row(const struct cb_sim_detector *detector, size_t amp, int j, float *ret_adu);
void cb_sim_dark_row(const struct cb_sim_detector *detector, size_t amp, int j, float *ret_e_per_s);
void cb_sim_response_row(const struct cb_sim_detector *detector, const struct cb_normal_table *table,
                         size_t amp, char band, int j, float *ret_response);

/* Put a data row into the assembled detector image [y * width + x]. */
void cb_sim_assemble_row(const struct cb_geometry *geometry, size_t amp, int j, const float *row,
                         float *image);
