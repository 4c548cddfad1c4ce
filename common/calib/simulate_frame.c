/* The forward model of one raw segment. */
#include "calib/simulate_frame.h"

#include "base/alloc.h"
#include "calib/simd.h"
#include "calib/simulate_steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DRIFT_RMS_ADU 2.5      /* of an amplifier from exposure to exposure */
#define ROW_DRIFT_RMS_ADU 0.25 /* from row to row, correlated */
#define ROW_DRIFT_MEMORY 0.97
#define FULL_WELL_E 175000.0f /* verification.md 7, ITL turnoff */
#define RAW_MAX_ADU 262143.0f /* 18 bits */

/* Brighter-fatter coefficients per electron of the neighbours along the rows, along the columns and along the
 * diagonal; together with a_00 = -1.7e-6 (verification.md 7, ITL) they sum to 0. */
#define BF_SERIAL 0.20e-6f
#define BF_PARALLEL 0.45e-6f
#define BF_DIAGONAL 0.10e-6f

struct cb_sim_work {
    float *charge;   /* [data height * data width] electrons */
    float *square;   /* [3 * (data width + 2)] squared charge of three rows, edges repeated */
    float *response; /* [data width] */
    float *dark;     /* [data width] */
    float *line;     /* [raw width] */
    float *noise;    /* [raw width] */
    float *drift;    /* [raw height] */
};

struct cb_sim_state cb_sim_state_unchanged(void)
{
    return (struct cb_sim_state){ .gain_factor = 1, .noise_factor = 1, .response_factor = 1 };
}

void cb_sim_state_add(struct cb_sim_state *state, const struct cb_sim_state *change)
{
    state->level_adu += change->level_adu;
    state->pedestal_adu += change->pedestal_adu;
    state->gain_factor *= change->gain_factor;
    state->noise_factor *= change->noise_factor;
    state->response_factor *= change->response_factor;
}

struct cb_sim_work *cb_sim_work_new(const struct cb_sim_layout *layout)
{
    size_t width = (size_t)layout->data_width, height = (size_t)layout->data_height;
    size_t raw_width = (size_t)cb_sim_raw_width(layout), raw_height = (size_t)cb_sim_raw_height(layout);
    struct cb_sim_work *work = cb_xalloc(sizeof *work);
    work->charge = cb_xalloc_array(width * height, sizeof *work->charge);
    work->square = cb_xalloc_array(3 * (width + 2), sizeof *work->square);
    work->response = cb_xalloc_array(width, sizeof *work->response);
    work->dark = cb_xalloc_array(width, sizeof *work->dark);
    work->line = cb_xalloc_array(raw_width, sizeof *work->line);
    work->noise = cb_xalloc_array(raw_width, sizeof *work->noise);
    work->drift = cb_xalloc_array(raw_height, sizeof *work->drift);
    return work;
}

void cb_sim_work_free(struct cb_sim_work *work)
{
    if (work == NULL)
        return;
    free(work->charge);
    free(work->square);
    free(work->response);
    free(work->dark);
    free(work->line);
    free(work->noise);
    free(work->drift);
    free(work);
}

/* What all steps of one segment need. */
struct shot {
    const struct cb_sim_detector *detector;
    const struct cb_normal_table *table;
    const struct cb_sim_exposure *exposure;
    const struct cb_sim_state *state;
    size_t amp;
    struct cb_sim_work *work;
};

static struct cb_random random_of(const struct shot *shot, enum cb_sim_step step)
{
    return cb_random_of(shot->detector->seed, shot->exposure->exposure_id, (uint32_t)shot->detector->detector,
                        (uint32_t)shot->amp, step);
}

/* Expected electrons of data row j. */
static void expect_row(const struct shot *shot, int j, float *ret_mean)
{
    const struct cb_sim_work *work = shot->work;
    int width = shot->detector->layout.data_width;
    float dark_s = (float)shot->exposure->dark_s;
    float flux = (float)(shot->exposure->flux_e * shot->state->response_factor);
    cb_sim_dark_row(shot->detector, shot->amp, j, work->dark);
    for (int i = 0; i < width; i++)
        ret_mean[i] = dark_s * work->dark[i];
    if (!(flux > 0))
        return;
    cb_sim_response_row(shot->detector, shot->table, shot->amp, shot->exposure->band, j, work->response);
    for (int i = 0; i < width; i++)
        ret_mean[i] += flux * work->response[i];
}

static void collect_charge(const struct shot *shot)
{
    size_t width = (size_t)shot->detector->layout.data_width;
    struct cb_random random = random_of(shot, CB_SIM_STEP_CHARGE);
    for (int j = 0; j < shot->detector->layout.data_height; j++) {
        float *row = shot->work->charge + (size_t)j * width;
        expect_row(shot, j, shot->work->line);
        cb_random_poisson(&random, shot->table, (uint64_t)j * width, width, shot->work->line, row);
    }
}

/* Squares of a row with one more pixel on either side, which repeat the edges so that no charge leaves. */
static CB_VECTOR void square_row(const float *charge, size_t width, float *ret_square)
{
    for (size_t i = 0; i < width; i++)
        ret_square[i + 1] = charge[i] * charge[i];
    ret_square[0] = ret_square[1];
    ret_square[width + 1] = ret_square[width];
}

static CB_VECTOR void push_row(const float *above, const float *row, const float *below, size_t width,
                               float *charge)
{
    const float around = 2 * BF_SERIAL + 2 * BF_PARALLEL + 4 * BF_DIAGONAL;
    for (size_t i = 0; i < width; i++) {
        float serial = row[i] + row[i + 2], parallel = above[i + 1] + below[i + 1];
        float diagonal = above[i] + above[i + 2] + below[i] + below[i + 2];
        charge[i] += 0.25f * (BF_SERIAL * serial + BF_PARALLEL * parallel + BF_DIAGONAL * diagonal -
                              around * row[i + 1]);
    }
}

static void push_charge(const struct shot *shot)
{
    size_t width = (size_t)shot->detector->layout.data_width;
    size_t height = (size_t)shot->detector->layout.data_height;
    float *charge = shot->work->charge;
    float *line[3];
    for (size_t k = 0; k < 3; k++)
        line[k] = shot->work->square + k * (width + 2);
    square_row(charge, width, line[0]);
    square_row(charge, width, line[1]);
    for (size_t j = 0; j < height; j++) {
        size_t next = j + 1 < height ? j + 1 : j;
        float *above = line[j % 3], *row = line[(j + 1) % 3], *below = line[(j + 2) % 3];
        if (next == j)
            memcpy(below, row, (width + 2) * sizeof *below);
        else
            square_row(charge + next * width, width, below);
        push_row(above, row, below, width, charge + j * width);
    }
}

/* Slow wander of the level from row to row, an autoregressive process of the first order. */
static void drift_rows(const struct shot *shot)
{
    size_t height = (size_t)cb_sim_raw_height(&shot->detector->layout);
    struct cb_random exposure = random_of(shot, CB_SIM_STEP_DRIFT),
                     rows = random_of(shot, CB_SIM_STEP_ROW_DRIFT);
    float *drift = shot->work->drift;
    float level = (float)(DRIFT_RMS_ADU * cb_random_normal(&exposure, 0));
    float step = (float)(ROW_DRIFT_RMS_ADU * sqrt(1 - ROW_DRIFT_MEMORY * ROW_DRIFT_MEMORY)), wander = 0;
    cb_random_normals(&rows, shot->table, 0, height, drift);
    for (size_t y = 0; y < height; y++) {
        wander =
            y == 0 ? (float)ROW_DRIFT_RMS_ADU * drift[0] : (float)ROW_DRIFT_MEMORY * wander + step * drift[y];
        drift[y] = level + wander;
    }
}

/* Structure and charge of data row j, in adu, into the data columns of line. */
static void add_data_row(const struct shot *shot, int j, float adu_per_e, float *line)
{
    size_t width = (size_t)shot->detector->layout.data_width;
    const float *charge = shot->work->charge + (size_t)j * width;
    float *structure = shot->work->dark, pedestal = (float)shot->state->pedestal_adu;
    cb_sim_structure_row(shot->detector, shot->amp, j, structure);
    for (size_t i = 0; i < width; i++) {
        float full = charge[i] < FULL_WELL_E ? charge[i] : FULL_WELL_E;
        line[i] += structure[i] + pedestal + full * adu_per_e;
    }
}

static CB_VECTOR void digitize(const float *line, const float *noise, float noise_adu, size_t count,
                               int32_t *ret_raw)
{
    for (size_t i = 0; i < count; i++) {
        float adu = line[i] + noise_adu * noise[i];
        adu = adu > 0 ? adu : 0;
        adu = adu < RAW_MAX_ADU ? adu : RAW_MAX_ADU;
        ret_raw[i] = (int32_t)(adu + 0.5f);
    }
}

/* Read the segment out: level, drift, structure, charge, noise, gain. */
static void read_out(const struct shot *shot, int32_t *ret_raw)
{
    const struct cb_sim_layout *layout = &shot->detector->layout;
    const struct cb_sim_amp *amp = &shot->detector->amp[shot->amp];
    size_t width = (size_t)cb_sim_raw_width(layout), height = (size_t)cb_sim_raw_height(layout);
    struct cb_random random = random_of(shot, CB_SIM_STEP_READ_NOISE);
    double gain = amp->gain_e_per_adu * shot->state->gain_factor;
    float level = (float)(amp->level_adu + shot->state->level_adu);
    float noise_adu = (float)(amp->noise_e * shot->state->noise_factor / gain);
    float *line = shot->work->line;
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width; x++)
            line[x] = level + shot->work->drift[y];
        if (y < (size_t)layout->data_height)
            add_data_row(shot, (int)y, (float)(1.0 / gain), line + layout->prescan);
        cb_random_normals(&random, shot->table, y * width, width, shot->work->noise);
        digitize(line, shot->work->noise, noise_adu, width, ret_raw + y * width);
    }
}

void cb_sim_segment(const struct cb_sim_detector *detector, const struct cb_normal_table *table,
                    const struct cb_sim_exposure *exposure, size_t amp, struct cb_sim_work *work,
                    int32_t *ret_raw)
{
    const struct shot shot = { .detector = detector,
                               .table = table,
                               .exposure = exposure,
                               .state = &exposure->state[amp],
                               .amp = amp,
                               .work = work };
    collect_charge(&shot);
    if (exposure->effects.brighter_fatter && exposure->flux_e > 0)
        push_charge(&shot);
    drift_rows(&shot);
    read_out(&shot, ret_raw);
}
