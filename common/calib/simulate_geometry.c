/* Layouts of simulated ITL segments. */
#include "calib/simulate_geometry.h"

#include <math.h>
#include <stdio.h>

enum { COLUMNS = 8, SMALLEST_SIDE_PX = 8, LARGEST_OVERSCAN_PX = 1000 };

static const char *const amp_names[CB_MAX_SEGMENTS] = { "C10", "C11", "C12", "C13", "C14", "C15",
                                                        "C16", "C17", "C07", "C06", "C05", "C04",
                                                        "C03", "C02", "C01", "C00" };

static bool is_overscan(int size)
{
    return size >= SMALLEST_SIDE_PX && size <= LARGEST_OVERSCAN_PX;
}

bool cb_sim_layout_make(double scale, int serial_overscan, int parallel_overscan,
                        struct cb_sim_layout *ret_layout, struct cb_error *err)
{
    const double largest = (double)CB_SIM_DATA_WIDTH_PX / SMALLEST_SIDE_PX;
    if (!(scale >= 1.0) || scale > largest)
        return cb_fail(err, CB_ERR_INVALID, "scale %g is not between 1 and %.4g", scale, largest);
    if (!is_overscan(serial_overscan) || !is_overscan(parallel_overscan))
        return cb_fail(err, CB_ERR_INVALID, "overscans of %d x %d pixels are not between %d and %d",
                       serial_overscan, parallel_overscan, SMALLEST_SIDE_PX, LARGEST_OVERSCAN_PX);
    *ret_layout = (struct cb_sim_layout){
        .scale = scale,
        .data_width = (int)lround(CB_SIM_DATA_WIDTH_PX / scale),
        .data_height = (int)lround(CB_SIM_DATA_HEIGHT_PX / scale),
        .prescan = CB_SIM_PRESCAN_PX,
        .serial_overscan = serial_overscan,
        .parallel_overscan = parallel_overscan,
    };
    return true;
}

int cb_sim_raw_width(const struct cb_sim_layout *layout)
{
    return layout->prescan + layout->data_width + layout->serial_overscan;
}

int cb_sim_raw_height(const struct cb_sim_layout *layout)
{
    return layout->data_height + layout->parallel_overscan;
}

const char *cb_sim_amp_name(size_t segment)
{
    return amp_names[segment];
}

int cb_sim_amp_column(size_t segment)
{
    return segment < COLUMNS ? (int)segment : CB_MAX_SEGMENTS - 1 - (int)segment;
}

bool cb_sim_amp_is_upper(size_t segment)
{
    return segment < COLUMNS;
}

void cb_sim_datasec(const struct cb_sim_layout *layout, char ret_text[CB_SIM_SECTION_SIZE])
{
    snprintf(ret_text, CB_SIM_SECTION_SIZE, "[%d:%d,1:%d]", layout->prescan + 1,
             layout->prescan + layout->data_width, layout->data_height);
}

void cb_sim_detsize(const struct cb_sim_layout *layout, char ret_text[CB_SIM_SECTION_SIZE])
{
    snprintf(ret_text, CB_SIM_SECTION_SIZE, "[1:%d,1:%d]", COLUMNS * layout->data_width,
             2 * layout->data_height);
}

void cb_sim_detsec(const struct cb_sim_layout *layout, size_t segment, char ret_text[CB_SIM_SECTION_SIZE])
{
    int width = layout->data_width, height = layout->data_height, column = cb_sim_amp_column(segment);
    bool upper = cb_sim_amp_is_upper(segment);
    snprintf(ret_text, CB_SIM_SECTION_SIZE, "[%d:%d,%d:%d]", width * (column + 1), width * column + 1,
             upper ? 1 : 2 * height, upper ? height : height + 1);
}

bool cb_sim_geometry(const struct cb_sim_layout *layout, struct cb_geometry *ret_geometry,
                     struct cb_error *err)
{
    char datasec[CB_SIM_SECTION_SIZE], detsize[CB_SIM_SECTION_SIZE];
    cb_sim_datasec(layout, datasec);
    cb_sim_detsize(layout, detsize);
    struct cb_segment_raw raw[CB_MAX_SEGMENTS];
    for (size_t i = 0; i < CB_MAX_SEGMENTS; i++)
        raw[i] = (struct cb_segment_raw){ .name = amp_names[i],
                                          .width_px = cb_sim_raw_width(layout),
                                          .height_px = cb_sim_raw_height(layout),
                                          .datasec = datasec };
    return cb_geometry_make(raw, CB_MAX_SEGMENTS, detsize, CB_VENDOR_ITL, ret_geometry, err);
}
