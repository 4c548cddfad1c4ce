/* Draws a detector from its seed, and gives its truth row by row. */
#include "calib/simulate_camera.h"

#include "base/alloc.h"
#include "calib/simulate_steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Spread of the camera's properties. Sizes in pixels are of the full-size detector. */
#define GAIN_RMS 0.005    /* about the observatory's value */
#define NOISE_RMS 0.02    /* about the observatory's value */
#define LEVEL_ADU 23500.0 /* generation.md 12: 20000 .. 27000 */
#define LEVEL_RMS_ADU 900.0
#define SERIAL_ADU 12.0
#define SERIAL_TAU_PX 28.0
#define PARALLEL_ADU 6.0
#define PARALLEL_TAU_PX 90.0
#define GLOW_ADU 4.0
#define GLOW_TAU_PX 60.0
#define STRUCTURE_RMS 0.25 /* relative, of the amplitudes */
#define COLUMN_RMS_ADU 0.6
#define ROW_RMS_ADU 0.2
#define MARKER_ADU 40.0
#define DARK_E_PER_S 0.021 /* verification.md 7, ITL, run 7 */
#define DARK_RMS 0.15      /* relative */
#define DARK_SLOPE 0.1     /* relative, along the columns */
#define HOT_FRACTION 2e-5
#define HOT_MEDIAN_E_PER_S 5.0
#define HOT_LOG_RMS 1.2
#define HOT_MAX_E_PER_S 400.0
#define DEAD_FRACTION 5e-6
#define BRIGHT_MIN_E_PER_S 2.0
#define BRIGHT_MAX_E_PER_S 4.0
#define PRNU_RMS 0.004
#define PRNU_CLIP 5.0f /* sigma */
#define THROUGHPUT_RMS 0.02
#define EDGE_DEPTH 0.03
#define EDGE_TAU_PX 40.0
#define GRADIENT_RMS_PER_MM 4e-4
#define BOWL_PER_MM2 5e-6
#define DUST_MIN_PX 40.0
#define DUST_MAX_PX 100.0
#define DUST_DEPTH 0.02
#define PIXEL_MM 0.01
enum { MIN_HOT = 3, MIN_DEAD = 2 };

/* Vignetting of the telescope (generation.md 14.7). */
#define VIGNETTE_FROM_MM 280.0
#define VIGNETTE_SCALE_MM 80.0
#define VIGNETTE_DEPTH 0.4

/* Draws one number after the other of a sequence. */
struct draw {
    struct cb_random random;
    uint64_t next;
};

static struct draw draw_of(uint64_t seed, int detector, uint32_t amp, enum cb_sim_step step)
{
    return (struct draw){ .random = cb_random_of(seed, 0, (uint32_t)detector, amp, step) };
}

static double draw_uniform(struct draw *draw, double from, double until)
{
    return from + (until - from) * cb_random_uniform(&draw->random, draw->next++);
}

static double draw_normal(struct draw *draw)
{
    return cb_random_normal(&draw->random, draw->next++);
}

static double draw_about(struct draw *draw, double mean, double relative_rms)
{
    return mean * fmax(0.1, 1.0 + relative_rms * draw_normal(draw));
}

static void make_serial_terms(struct draw *draw, const struct cb_sim_layout *layout, struct cb_sim_amp *amp)
{
    size_t width = (size_t)layout->data_width;
    amp->serial_px = cb_xalloc_array(width, sizeof *amp->serial_px);
    amp->glow_px = cb_xalloc_array(width, sizeof *amp->glow_px);
    for (size_t i = 0; i < width; i++) {
        double last = (double)(width - 1 - i);
        amp->serial_px[i] = (float)(amp->serial_adu * exp(-(double)i / amp->serial_tau_px) +
                                    COLUMN_RMS_ADU * draw_normal(draw));
        amp->glow_px[i] = (float)(amp->glow_adu * exp(-last / amp->glow_tau_px));
    }
}

static void make_amp(uint64_t seed, const struct cb_sim_constants *constants,
                     const struct cb_sim_layout *layout, size_t segment, struct cb_sim_amp *ret_amp)
{
    struct draw draw = draw_of(seed, constants->detector, (uint32_t)segment, CB_SIM_STEP_AMP);
    *ret_amp = (struct cb_sim_amp){
        .gain_e_per_adu = draw_about(&draw, constants->gain_e_per_adu[segment], GAIN_RMS),
        .noise_e = draw_about(&draw, constants->noise_e[segment], NOISE_RMS),
        .level_adu = LEVEL_ADU + LEVEL_RMS_ADU * fmax(-3.5, fmin(3.5, draw_normal(&draw))),
        .serial_adu = draw_about(&draw, SERIAL_ADU, STRUCTURE_RMS),
        .serial_tau_px = SERIAL_TAU_PX / layout->scale,
        .parallel_adu = draw_about(&draw, PARALLEL_ADU, STRUCTURE_RMS),
        .parallel_tau_px = PARALLEL_TAU_PX / layout->scale,
        .glow_adu = draw_about(&draw, GLOW_ADU, STRUCTURE_RMS),
        .glow_tau_px = GLOW_TAU_PX / layout->scale,
        .dark_e_per_s = draw_about(&draw, DARK_E_PER_S, DARK_RMS),
    };
    make_serial_terms(&draw, layout, ret_amp);
}

static double hot_rate(struct draw *draw)
{
    return fmin(HOT_MAX_E_PER_S, HOT_MEDIAN_E_PER_S * exp(HOT_LOG_RMS * draw_normal(draw)));
}

static double dead_factor(struct draw *draw)
{
    return draw_uniform(draw, 0.05, 0.5);
}

/* Pixels strewn over the detector, fraction of all but at least least. */
static struct cb_sim_pixel *strew(struct draw *draw, const struct cb_geometry *geometry, double fraction,
                                  size_t least, double (*value)(struct draw *draw), size_t *ret_count)
{
    double wanted = floor(fraction * geometry->width_px * geometry->height_px);
    size_t count = wanted > (double)least ? (size_t)wanted : least;
    struct cb_sim_pixel *pixel = cb_xalloc_array(count, sizeof *pixel);
    for (size_t i = 0; i < count; i++) {
        pixel[i].x = (int)draw_uniform(draw, 0, geometry->width_px);
        pixel[i].y = (int)draw_uniform(draw, 0, geometry->height_px);
        pixel[i].value = value(draw);
    }
    *ret_count = count;
    return pixel;
}

static void make_bright_column(struct cb_sim_detector *d)
{
    struct draw draw = draw_of(d->seed, d->detector, 0, CB_SIM_STEP_BRIGHT_COLUMN);
    d->bright_amp = (size_t)draw_uniform(&draw, 0, CB_MAX_SEGMENTS);
    d->bright_column = (int)draw_uniform(&draw, 0, d->layout.data_width);
    d->bright_from = (int)draw_uniform(&draw, 0.1 * d->layout.data_height, 0.6 * d->layout.data_height);
    d->bright_until = d->bright_from + d->layout.data_height / 4;
    d->bright_e_per_s = draw_uniform(&draw, BRIGHT_MIN_E_PER_S, BRIGHT_MAX_E_PER_S);
}

static void make_dust(struct cb_sim_detector *d)
{
    struct draw draw = draw_of(d->seed, d->detector, 0, CB_SIM_STEP_DUST);
    for (size_t i = 0; i < CB_SIM_DUST; i++)
        d->dust[i] = (struct cb_sim_dust){
            .x_px = draw_uniform(&draw, 0, d->geometry.width_px),
            .y_px = draw_uniform(&draw, 0, d->geometry.height_px),
            .radius_px = fmax(2.0, draw_uniform(&draw, DUST_MIN_PX, DUST_MAX_PX) / d->layout.scale),
            .depth = draw_about(&draw, DUST_DEPTH, STRUCTURE_RMS),
        };
}

static float *make_edge(int size, double scale)
{
    float *edge = cb_xalloc_array((size_t)size, sizeof *edge);
    for (int i = 0; i < size; i++) {
        int distance = i < size - 1 - i ? i : size - 1 - i;
        edge[i] = (float)(1.0 - EDGE_DEPTH * exp(-distance * scale / EDGE_TAU_PX));
    }
    return edge;
}

static void make_defects(struct cb_sim_detector *d)
{
    struct draw hot = draw_of(d->seed, d->detector, 0, CB_SIM_STEP_HOT);
    struct draw dead = draw_of(d->seed, d->detector, 0, CB_SIM_STEP_DEAD);
    d->hot = strew(&hot, &d->geometry, HOT_FRACTION, MIN_HOT, hot_rate, &d->hot_count);
    d->dead = strew(&dead, &d->geometry, DEAD_FRACTION, MIN_DEAD, dead_factor, &d->dead_count);
    make_bright_column(d);
    make_dust(d);
}

bool cb_sim_detector_new(uint64_t seed, const struct cb_sim_constants *constants,
                         const struct cb_sim_layout *layout, double x_mm, double y_mm,
                         struct cb_sim_detector **ret_detector, struct cb_error *err)
{
    cb_auto(cb_sim_detector_free) struct cb_sim_detector *d = cb_xalloc(sizeof *d);
    if (!cb_sim_geometry(layout, &d->geometry, err))
        return cb_context(err, "cannot lay out detector %d", constants->detector);
    struct draw draw = draw_of(seed, constants->detector, 0, CB_SIM_STEP_DETECTOR);
    d->seed = seed;
    d->detector = constants->detector;
    d->layout = *layout;
    d->x_mm = x_mm;
    d->y_mm = y_mm;
    d->throughput = draw_about(&draw, 1.0, THROUGHPUT_RMS);
    for (size_t i = 0; i < CB_MAX_SEGMENTS; i++)
        make_amp(seed, constants, layout, i, &d->amp[i]);
    d->edge_x = make_edge(d->geometry.width_px, layout->scale);
    d->edge_y = make_edge(d->geometry.height_px, layout->scale);
    make_defects(d);
    *ret_detector = cb_steal(d);
    return true;
}

void cb_sim_detector_free(struct cb_sim_detector *detector)
{
    if (detector == NULL)
        return;
    for (size_t i = 0; i < CB_MAX_SEGMENTS; i++) {
        free(detector->amp[i].serial_px);
        free(detector->amp[i].glow_px);
    }
    free(detector->hot);
    free(detector->dead);
    free(detector->edge_x);
    free(detector->edge_y);
    free(detector);
}

/* Where data row j of an amplifier lies in the detector, and back from a detector column to the data's. */
static int assembled_y(const struct cb_segment *segment, int j)
{
    return segment->assembled.y0 + (segment->flip_y ? segment->assembled.height - 1 - j : j);
}

static int assembled_x(const struct cb_segment *segment, int i)
{
    return segment->assembled.x0 + (segment->flip_x ? segment->assembled.width - 1 - i : i);
}

/* Data column of detector column x, -1 when it lies outside the amplifier. */
static int data_column(const struct cb_segment *segment, int x)
{
    int i = x - segment->assembled.x0;
    if (i < 0 || i >= segment->assembled.width)
        return -1;
    return segment->flip_x ? segment->assembled.width - 1 - i : i;
}

/* A figure that no flip maps on another: an L whose long arm counts the amplifier's column and whose short
 * arm is longer in the upper half. */
static void add_marker(const struct cb_sim_detector *d, size_t amp, int j, float *ret_adu)
{
    int width = d->layout.data_width, i0 = width / 4, j0 = d->layout.data_height / 5;
    int arm_x = 3 + cb_sim_amp_column(amp), arm_y = cb_sim_amp_is_upper(amp) ? 4 : 2;
    if (j == j0)
        for (int i = i0; i < i0 + arm_x && i < width; i++)
            ret_adu[i] += (float)MARKER_ADU;
    else if (j > j0 && j <= j0 + arm_y)
        ret_adu[i0] += (float)MARKER_ADU;
}

void cb_sim_structure_row(const struct cb_sim_detector *d, size_t amp, int j, float *ret_adu)
{
    const struct cb_sim_amp *a = &d->amp[amp];
    struct cb_random rows = cb_random_of(d->seed, 0, (uint32_t)d->detector, (uint32_t)amp, CB_SIM_STEP_ROWS);
    float parallel = (float)(a->parallel_adu * exp(-j / a->parallel_tau_px) +
                             ROW_RMS_ADU * cb_random_normal(&rows, (uint64_t)j));
    float glow = (float)exp(-j / a->glow_tau_px);
    for (int i = 0; i < d->layout.data_width; i++)
        ret_adu[i] = parallel + a->serial_px[i] + glow * a->glow_px[i];
    add_marker(d, amp, j, ret_adu);
}

void cb_sim_dark_row(const struct cb_sim_detector *d, size_t amp, int j, float *ret_e_per_s)
{
    const struct cb_segment *segment = &d->geometry.segment[amp];
    double along = (double)j / d->layout.data_height - 0.5;
    float rate = (float)(d->amp[amp].dark_e_per_s * (1.0 + DARK_SLOPE * along));
    for (int i = 0; i < d->layout.data_width; i++)
        ret_e_per_s[i] = rate;
    int y = assembled_y(segment, j);
    for (size_t k = 0; k < d->hot_count; k++) {
        int i = d->hot[k].y == y ? data_column(segment, d->hot[k].x) : -1;
        if (i >= 0)
            ret_e_per_s[i] += (float)d->hot[k].value;
    }
    if (amp == d->bright_amp && j >= d->bright_from && j < d->bright_until)
        ret_e_per_s[d->bright_column] += (float)d->bright_e_per_s;
}

static double vignetting(double radius_mm)
{
    double beyond = (radius_mm - VIGNETTE_FROM_MM) / VIGNETTE_SCALE_MM;
    return beyond > 0 ? fmax(0.0, 1.0 - VIGNETTE_DEPTH * beyond * beyond) : 1.0;
}

/* The lamp's light over the focal plane: a slope that depends on the band. */
struct slope {
    double x_per_mm, y_per_mm;
};

static struct slope slope_of(uint64_t seed, char band)
{
    struct draw draw = draw_of(seed, 0, (uint32_t)(unsigned char)band, CB_SIM_STEP_ILLUMINATION);
    double x = GRADIENT_RMS_PER_MM * draw_normal(&draw), y = GRADIENT_RMS_PER_MM * draw_normal(&draw);
    return (struct slope){ x, y };
}

static double illumination(struct slope slope, double x_mm, double y_mm)
{
    double radius2 = x_mm * x_mm + y_mm * y_mm;
    return (1.0 + slope.x_per_mm * x_mm + slope.y_per_mm * y_mm - BOWL_PER_MM2 * radius2) *
           vignetting(sqrt(radius2));
}

/* Illumination along a data row: computed at both ends and the middle, a parabola between them. */
static void illuminate_row(const struct cb_sim_detector *d, const struct cb_segment *segment, char band,
                           int y, float *ret_response)
{
    int last = d->layout.data_width - 1;
    double mm = PIXEL_MM * d->layout.scale;
    double y_mm = d->y_mm + (y - 0.5 * (d->geometry.height_px - 1)) * mm;
    double middle = 0.5 * (d->geometry.width_px - 1), at[3];
    struct slope slope = slope_of(d->seed, band);
    for (int k = 0; k < 3; k++) {
        double x = assembled_x(segment, 0) + 0.5 * k * (assembled_x(segment, last) - assembled_x(segment, 0));
        at[k] = d->throughput * illumination(slope, d->x_mm + (x - middle) * mm, y_mm);
    }
    double curve = 2.0 * (at[0] + at[2] - 2.0 * at[1]), rise = at[2] - at[0] - curve;
    for (int i = 0; i <= last; i++) {
        double t = (double)i / last;
        ret_response[i] = (float)(at[0] + t * (rise + t * curve));
    }
}

/* Shadow of dust at a distance of its middle, in units of its radius: a ring, half as deep inside. */
static double dust_shadow(const struct cb_sim_dust *dust, double distance)
{
    return distance >= 1.0 ? 0.0 : dust->depth * (distance >= 0.5 ? 1.0 : 0.5);
}

static void shade_row(const struct cb_sim_detector *d, const struct cb_segment *segment, int y,
                      float *ret_response)
{
    for (size_t k = 0; k < CB_SIM_DUST; k++) {
        const struct cb_sim_dust *dust = &d->dust[k];
        double dy = (y - dust->y_px) / dust->radius_px;
        for (int i = 0; fabs(dy) < 1.0 && i < d->layout.data_width; i++) {
            double dx = (assembled_x(segment, i) - dust->x_px) / dust->radius_px;
            ret_response[i] *= (float)(1.0 - dust_shadow(dust, sqrt(dx * dx + dy * dy)));
        }
    }
    for (size_t k = 0; k < d->dead_count; k++) {
        int i = d->dead[k].y == y ? data_column(segment, d->dead[k].x) : -1;
        if (i >= 0)
            ret_response[i] *= (float)d->dead[k].value;
    }
}

void cb_sim_response_row(const struct cb_sim_detector *d, const struct cb_normal_table *table, size_t amp,
                         char band, int j, float *ret_response)
{
    enum { CHUNK = 256 };
    const struct cb_segment *segment = &d->geometry.segment[amp];
    struct cb_random pixels =
        cb_random_of(d->seed, 0, (uint32_t)d->detector, (uint32_t)amp, CB_SIM_STEP_PRNU);
    int width = d->layout.data_width, y = assembled_y(segment, j);
    illuminate_row(d, segment, band, y, ret_response);
    for (int from = 0; from < width; from += CHUNK) {
        float normal[CHUNK];
        int count = width - from < CHUNK ? width - from : CHUNK;
        cb_random_normals(&pixels, table, (uint64_t)j * (uint64_t)width + (uint64_t)from, (size_t)count,
                          normal);
        for (int i = 0; i < count; i++) {
            float z = normal[i] > PRNU_CLIP ? PRNU_CLIP : normal[i] < -PRNU_CLIP ? -PRNU_CLIP : normal[i];
            float edge = d->edge_x[assembled_x(segment, from + i)] * d->edge_y[y];
            ret_response[from + i] *= (1.0f + (float)PRNU_RMS * z) * edge;
        }
    }
    shade_row(d, segment, y, ret_response);
}

void cb_sim_assemble_row(const struct cb_geometry *geometry, size_t amp, int j, const float *row,
                         float *image)
{
    const struct cb_segment *segment = &geometry->segment[amp];
    size_t start = (size_t)assembled_y(segment, j) * (size_t)geometry->width_px;
    for (int i = 0; i < segment->data.width; i++)
        image[start + (size_t)assembled_x(segment, i)] = row[i];
}
