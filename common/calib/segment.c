/* Geometry of a detector's raw segments. */
#include "calib/segment.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Columns of a whole detector: segments C10..C17 above C00..C07. */
#define COLUMNS 8
/* Prescans narrower than this are ITL's (3 columns), others E2V's (10). */
#define ITL_PRESCAN_BELOW 7
/* Largest number in a section, far above any image. */
#define MAX_COORDINATE 1000000

enum cb_vendor cb_vendor_parse(const char *text)
{
    if (text != NULL && strncasecmp(text, "ITL", 3) == 0)
        return CB_VENDOR_ITL;
    if (text != NULL && strncasecmp(text, "E2V", 3) == 0)
        return CB_VENDOR_E2V;
    return CB_VENDOR_UNKNOWN;
}

const char *cb_vendor_name(enum cb_vendor vendor)
{
    return vendor == CB_VENDOR_ITL ? "ITL" : vendor == CB_VENDOR_E2V ? "E2V" : "";
}

static bool parse_coordinate(const char **text, int *ret_value)
{
    int value = 0;
    const char *p = *text;
    while (*p == ' ')
        p++;
    if (!isdigit((unsigned char)*p))
        return false;
    for (; isdigit((unsigned char)*p); p++) {
        value = value * 10 + (*p - '0');
        if (value > MAX_COORDINATE)
            return false;
    }
    while (*p == ' ')
        p++;
    *text = p;
    *ret_value = value;
    return true;
}

static bool parse_sign(const char **text, char wanted)
{
    if (**text != wanted)
        return false;
    (*text)++;
    return true;
}

static void axis_of(int from, int to, int *ret_start, int *ret_length)
{
    int low = from < to ? from : to, high = from < to ? to : from;
    *ret_start = low - 1;
    *ret_length = high - low + 1;
}

bool cb_section_parse(const char *text, struct cb_box *ret_box)
{
    int x0, x1, y0, y1;
    if (text == NULL)
        return false;
    while (*text == ' ')
        text++;
    if (!parse_sign(&text, '[') || !parse_coordinate(&text, &x0) || !parse_sign(&text, ':') ||
        !parse_coordinate(&text, &x1) || !parse_sign(&text, ',') || !parse_coordinate(&text, &y0) ||
        !parse_sign(&text, ':') || !parse_coordinate(&text, &y1) || !parse_sign(&text, ']'))
        return false;
    if (x0 < 1 || x1 < 1 || y0 < 1 || y1 < 1)
        return false;
    struct cb_box box;
    axis_of(x0, x1, &box.x0, &box.width);
    axis_of(y0, y1, &box.y0, &box.height);
    *ret_box = box;
    return true;
}

/* "Segment10", "SEGMENT10" or "C10" -> row 1, column 0. */
static bool parse_amp(const char *name, int *ret_row, int *ret_column)
{
    if (name == NULL)
        return false;
    if (strncasecmp(name, "Segment", 7) == 0)
        name += 7;
    else if (*name == 'C')
        name += 1;
    else
        return false;
    if (strlen(name) != 2 || (name[0] != '0' && name[0] != '1') || name[1] < '0' || name[1] > '7')
        return false;
    *ret_row = name[0] - '0';
    *ret_column = name[1] - '0';
    return true;
}

/* The data box of full-size raws. Source: lsst/obs_lsst policy/cameraHeader.yaml */
static struct cb_box full_size_data(enum cb_vendor vendor)
{
    if (vendor == CB_VENDOR_E2V)
        return (struct cb_box){ 10, 0, 512, 2002 };
    return (struct cb_box){ 3, 0, 509, 2000 };
}

static bool data_box(const struct cb_segment_raw *raw, enum cb_vendor vendor, struct cb_box *ret_box,
                     struct cb_error *err)
{
    struct cb_box box = full_size_data(vendor);
    if (raw->datasec != NULL && !cb_section_parse(raw->datasec, &box))
        return cb_fail(err, CB_ERR_INVALID, "segment \"%s\": DATASEC \"%s\" is not [x0:x1,y0:y1]", raw->name,
                       raw->datasec);
    if (box.x0 + box.width > raw->width_px || box.y0 + box.height > raw->height_px)
        return cb_fail(err, CB_ERR_INVALID,
                       "segment \"%s\": data of [%d:%d,%d:%d] do not fit into %d x %d pixels", raw->name,
                       box.x0 + 1, box.x0 + box.width, box.y0 + 1, box.y0 + box.height, raw->width_px,
                       raw->height_px);
    *ret_box = box;
    return true;
}

/* The overscans are what lies beyond the data. */
static void place_raw_boxes(struct cb_segment *segment, const struct cb_segment_raw *raw, struct cb_box data)
{
    int right = data.x0 + data.width, top = data.y0 + data.height;
    segment->width_px = raw->width_px;
    segment->height_px = raw->height_px;
    segment->data = data;
    segment->serial_prescan = (struct cb_box){ 0, data.y0, data.x0, data.height };
    segment->serial_overscan =
        (struct cb_box){ right, data.y0, raw->width_px - right, raw->height_px - data.y0 };
    segment->parallel_overscan = (struct cb_box){ data.x0, top, data.width, raw->height_px - top };
}

/* Flips and place of a segment. Source: lsst/obs_lsst policy/cameraHeader.yaml; wavefront halves run
 * backwards. */
static void place_assembled(struct cb_segment *segment, enum cb_vendor vendor, int row, int column,
                            bool is_half)
{
    int width = segment->data.width, height = segment->data.height;
    bool is_top = row == 1;
    segment->flip_x = is_top || vendor == CB_VENDOR_ITL;
    segment->flip_y = is_top;
    int ix = is_half ? COLUMNS - 1 - column : column;
    int iy = is_half ? 0 : row;
    segment->assembled = (struct cb_box){ ix * width, iy * height, width, height };
}

static bool check_size(const struct cb_geometry *geometry, const char *detsize, struct cb_error *err)
{
    struct cb_box box;
    if (detsize == NULL)
        return true;
    if (!cb_section_parse(detsize, &box))
        return cb_fail(err, CB_ERR_INVALID, "DETSIZE \"%s\" is not [x0:x1,y0:y1]", detsize);
    if (box.width != geometry->width_px || box.height != geometry->height_px)
        return cb_fail(err, CB_ERR_INVALID,
                       "DETSIZE \"%s\" is not what %zu segments of %d x %d data pixels fill", detsize,
                       geometry->segments, geometry->segment[0].data.width, geometry->segment[0].data.height);
    return true;
}

static bool place_segment(struct cb_geometry *geometry, const struct cb_segment_raw *raw, bool is_half,
                          struct cb_error *err)
{
    struct cb_segment *segment = &geometry->segment[geometry->segments];
    const struct cb_segment *first = &geometry->segment[0];
    int row = 0, column = 0;
    struct cb_box data = { 0 };

    if (!parse_amp(raw->name, &row, &column) || (is_half && row != 1))
        return cb_fail(err, CB_ERR_INVALID, "segment \"%s\" is none of Segment10 ... Segment17%s",
                       raw->name != NULL ? raw->name : "", is_half ? "" : ", Segment07 ... Segment00");
    snprintf(segment->amp, sizeof segment->amp, "C%d%d", row, column);
    if (cb_geometry_find(geometry, segment->amp) >= 0)
        return cb_fail(err, CB_ERR_INVALID, "segment \"%s\" is there twice", raw->name);
    if (!data_box(raw, geometry->vendor, &data, err))
        return false;
    place_raw_boxes(segment, raw, data);
    place_assembled(segment, geometry->vendor, row, column, is_half);
    if (geometry->segments > 0 && (data.width != first->data.width || data.height != first->data.height))
        return cb_fail(err, CB_ERR_INVALID, "segment \"%s\" has %d x %d data pixels, \"%s\" has %d x %d",
                       raw->name, data.width, data.height, first->amp, first->data.width, first->data.height);
    geometry->segments++;
    return true;
}

static enum cb_vendor vendor_of(enum cb_vendor given, const struct cb_segment_raw *raw)
{
    struct cb_box data;
    if (given != CB_VENDOR_UNKNOWN || !cb_section_parse(raw->datasec, &data))
        return given != CB_VENDOR_UNKNOWN ? given : CB_VENDOR_ITL;
    return data.x0 < ITL_PRESCAN_BELOW ? CB_VENDOR_ITL : CB_VENDOR_E2V;
}

bool cb_geometry_make(const struct cb_segment_raw *raw, size_t segments, const char *detsize,
                      enum cb_vendor vendor, struct cb_geometry *ret_geometry, struct cb_error *err)
{
    if (segments != COLUMNS && segments != CB_MAX_SEGMENTS)
        return cb_fail(err, CB_ERR_INVALID, "%zu segments: a detector has %d, a wavefront half %d", segments,
                       CB_MAX_SEGMENTS, COLUMNS);
    bool is_half = segments == COLUMNS;
    struct cb_geometry geometry = { .vendor = vendor_of(vendor, &raw[0]) };
    for (size_t i = 0; i < segments; i++)
        if (!place_segment(&geometry, &raw[i], is_half, err))
            return false;
    geometry.width_px = COLUMNS * geometry.segment[0].data.width;
    geometry.height_px = (is_half ? 1 : 2) * geometry.segment[0].data.height;
    if (!check_size(&geometry, detsize, err))
        return false;
    *ret_geometry = geometry;
    return true;
}

static bool box_equal(const struct cb_box *a, const struct cb_box *b)
{
    return a->x0 == b->x0 && a->y0 == b->y0 && a->width == b->width && a->height == b->height;
}

static bool segment_equal(const struct cb_segment *a, const struct cb_segment *b)
{
    return strcmp(a->amp, b->amp) == 0 && a->width_px == b->width_px && a->height_px == b->height_px &&
           box_equal(&a->data, &b->data) && box_equal(&a->assembled, &b->assembled) &&
           a->flip_x == b->flip_x && a->flip_y == b->flip_y;
}

bool cb_geometry_equal(const struct cb_geometry *a, const struct cb_geometry *b)
{
    if (a->segments != b->segments || a->width_px != b->width_px || a->height_px != b->height_px)
        return false;
    for (size_t i = 0; i < a->segments; i++)
        if (!segment_equal(&a->segment[i], &b->segment[i]))
            return false;
    return true;
}

int cb_geometry_find(const struct cb_geometry *geometry, const char *amp)
{
    for (size_t i = 0; i < geometry->segments; i++)
        if (strcmp(geometry->segment[i].amp, amp) == 0)
            return (int)i;
    return -1;
}

int cb_skip_shrink(int wanted, int size)
{
    int most = size / 4;
    return wanted < most ? wanted : most;
}
