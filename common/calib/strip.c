/* Turns rows between a segment's order of reading and the assembled detector. */
#include "calib/strip.h"

#include <stdlib.h>
#include <string.h>

bool cb_strip_new(size_t width, size_t room, bool with_variance, struct cb_strip *ret_strip,
                  struct cb_error *err)
{
    struct cb_strip strip = { .width = width, .room = room };
    strip.value = malloc(room * width * sizeof *strip.value);
    strip.variance = with_variance ? malloc(room * width * sizeof *strip.variance) : NULL;
    strip.mask = malloc(room * width * sizeof *strip.mask);
    strip.turn = malloc(width * sizeof *strip.turn);
    *ret_strip = strip;
    if (strip.value == NULL || strip.mask == NULL || strip.turn == NULL ||
        (with_variance && strip.variance == NULL))
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for %zu rows of a calibration", room);
    return true;
}

void cb_strip_done(struct cb_strip *strip)
{
    free(strip->value);
    free(strip->variance);
    free(strip->mask);
    free(strip->turn);
    *strip = (struct cb_strip){ .width = 0 };
}

/* Pixels of 4 bytes, whatever they are. */
static void reverse_row(uint32_t *row, size_t width)
{
    for (size_t i = 0; i < width / 2; i++) {
        uint32_t left = row[i];
        row[i] = row[width - 1 - i];
        row[width - 1 - i] = left;
    }
}

static void swap_rows(uint32_t *a, uint32_t *b, uint32_t *scratch, size_t width)
{
    memcpy(scratch, a, width * sizeof *a);
    memcpy(a, b, width * sizeof *a);
    memcpy(b, scratch, width * sizeof *a);
}

static void turn_plane(void *plane, const struct cb_segment *segment, size_t width, size_t rows,
                       void *scratch)
{
    uint32_t *pixels = plane;
    for (size_t y = 0; segment->flip_x && y < rows; y++)
        reverse_row(pixels + y * width, width);
    for (size_t y = 0; segment->flip_y && y < rows / 2; y++)
        swap_rows(pixels + y * width, pixels + (rows - 1 - y) * width, scratch, width);
}

bool cb_strip_load(struct cb_strip *strip, const struct cb_frame_source *frame,
                   const struct cb_segment *segment, size_t from, size_t until, struct cb_error *err)
{
    size_t rows = until - from;
    size_t first = cb_assembled_row(segment, segment->flip_y ? until - 1 : from);
    struct cb_box box = { segment->assembled.x0, (int)first, segment->assembled.width, (int)rows };
    if (!frame->read_box(frame->self, box, strip->value, strip->variance, strip->mask, err))
        return false;
    strip->rows = rows;
    turn_plane(strip->value, segment, strip->width, rows, strip->turn);
    turn_plane(strip->mask, segment, strip->width, rows, strip->turn);
    if (strip->variance != NULL)
        turn_plane(strip->variance, segment, strip->width, rows, strip->turn);
    uint32_t any = 0;
    for (size_t i = 0; i < rows * strip->width; i++)
        any |= strip->mask[i];
    strip->any_mask = any != 0;
    return true;
}

size_t cb_assembled_row(const struct cb_segment *segment, size_t row)
{
    size_t y = segment->flip_y ? (size_t)segment->assembled.height - 1 - row : row;
    return (size_t)segment->assembled.y0 + y;
}

static size_t place_of(const struct cb_segment *segment, size_t row, size_t plane_width)
{
    return cb_assembled_row(segment, row) * plane_width + (size_t)segment->assembled.x0;
}

void cb_assemble_floats(const struct cb_segment *segment, size_t row, const float *value, float *plane,
                        size_t plane_width)
{
    float *to = plane + place_of(segment, row, plane_width);
    size_t width = (size_t)segment->assembled.width;
    for (size_t i = 0; i < width; i++)
        to[i] = value[segment->flip_x ? width - 1 - i : i];
}

void cb_assemble_masks(const struct cb_segment *segment, size_t row, const uint32_t *value, uint32_t *plane,
                       size_t plane_width)
{
    uint32_t *to = plane + place_of(segment, row, plane_width);
    size_t width = (size_t)segment->assembled.width;
    for (size_t i = 0; i < width; i++)
        to[i] = value[segment->flip_x ? width - 1 - i : i];
}
