/* Finds the segments of a raw file and hands out their rows. */
#include "io/fits_raw.h"

#include "io/fits_file.h"
#include "io/fits_plane.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct cb_raw {
    struct cb_fits *fits;
    struct cb_header *primary;
    struct cb_geometry geometry;
    struct cb_plane plane[CB_MAX_SEGMENTS];
    struct cb_header *header[CB_MAX_SEGMENTS];
    char name[CB_MAX_SEGMENTS][16];
    size_t segments;
    struct cb_plane_scratch scratch;
};

void cb_raw_close(struct cb_raw *raw)
{
    if (raw == NULL)
        return;
    for (size_t i = 0; i < raw->segments; i++)
        cb_header_free(raw->header[i]);
    cb_header_free(raw->primary);
    cb_fits_close(raw->fits);
    free(raw->scratch.bytes);
    free(raw);
}

/* Names in the order of HDUs: Segment10 ... Segment17, Segment07 ... Segment00. */
static void name_by_place(size_t place, char *ret_name, size_t size)
{
    snprintf(ret_name, size, "Segment%c%c", place < 8 ? '1' : '0',
             (char)(place < 8 ? '0' + place : '0' + 15 - place));
}

static bool is_segment_name(const char *name)
{
    return strncasecmp(name, "Segment", 7) == 0;
}

static bool add_segment(struct cb_raw *raw, size_t hdu, const char *name, struct cb_error *err)
{
    char expected[16];
    if (raw->segments == CB_MAX_SEGMENTS)
        return cb_fail(err, CB_ERR_INVALID, "HDU %zu is one segment too many: a detector has %d", hdu,
                       CB_MAX_SEGMENTS);
    name_by_place(raw->segments, expected, sizeof expected);
    if (name != NULL && strcasecmp(name, expected) != 0)
        return cb_fail(err, CB_ERR_INVALID, "HDU %zu is named \"%s\" where %s has its place", hdu, name,
                       expected);
    if (!cb_plane_describe(raw->fits, hdu, &raw->plane[raw->segments], err))
        return cb_context(err, "segment \"%s\" (HDU %zu)", expected, hdu);
    memcpy(raw->name[raw->segments], expected, sizeof expected);
    raw->header[raw->segments] = cb_fits_content(raw->fits->hdu[hdu].cards);
    raw->segments++;
    return true;
}

/* Images that are named Segment.. or not at all are segments; everything else is passed over. */
static bool find_segments(struct cb_raw *raw, struct cb_error *err)
{
    for (size_t i = 1; i < raw->fits->hdus; i++) {
        const struct cb_fits_hdu *hdu = &raw->fits->hdu[i];
        const char *name = NULL;
        bool is_named = cb_header_get_string(hdu->cards, "EXTNAME", &name) && name[0] != '\0' &&
                        strcmp(name, "COMPRESSED_IMAGE") != 0;
        if (!cb_plane_is_image(hdu) || (is_named && !is_segment_name(name)))
            continue;
        if (!add_segment(raw, i, is_named ? name : NULL, err))
            return false;
    }
    return raw->segments > 0 || cb_fail(err, CB_ERR_INVALID, "no segment with pixels is there");
}

static enum cb_vendor vendor_of(const struct cb_header *primary)
{
    static const char *const keys[] = { "LSST_NUM", "CCD_MANU" };
    for (size_t i = 0; i < 2; i++) {
        const char *text = NULL;
        if (cb_header_get_string(primary, keys[i], &text) && cb_vendor_parse(text) != CB_VENDOR_UNKNOWN)
            return cb_vendor_parse(text);
    }
    return CB_VENDOR_UNKNOWN;
}

static bool find_geometry(struct cb_raw *raw, struct cb_error *err)
{
    struct cb_segment_raw segments[CB_MAX_SEGMENTS];
    const char *detsize = NULL;
    for (size_t i = 0; i < raw->segments; i++) {
        const char *datasec = NULL, *its_detsize = NULL;
        cb_header_get_string(raw->header[i], "DATASEC", &datasec);
        if (cb_header_get_string(raw->header[i], "DETSIZE", &its_detsize)) {
            if (detsize != NULL && strcmp(detsize, its_detsize) != 0)
                return cb_fail(err, CB_ERR_INVALID, "segment \"%s\" has DETSIZE \"%s\", another has \"%s\"",
                               raw->name[i], its_detsize, detsize);
            detsize = its_detsize;
        }
        segments[i] =
            (struct cb_segment_raw){ raw->name[i], raw->plane[i].width_px, raw->plane[i].height_px, datasec };
    }
    return cb_geometry_make(segments, raw->segments, detsize, vendor_of(raw->primary), &raw->geometry, err);
}

bool cb_raw_open(const char *path, struct cb_raw **ret_raw, struct cb_error *err)
{
    cb_auto(cb_raw_close) struct cb_raw *raw = cb_xalloc(sizeof *raw);
    if (!cb_fits_open(path, &raw->fits, err))
        return false;
    raw->primary = cb_fits_content(raw->fits->hdu[0].cards);
    if (!find_segments(raw, err) || !find_geometry(raw, err))
        return cb_context(err, "raw file \"%s\"", path);
    *ret_raw = cb_steal(raw);
    return true;
}

const struct cb_header *cb_raw_primary(const struct cb_raw *raw)
{
    return raw->primary;
}

const struct cb_geometry *cb_raw_geometry(const struct cb_raw *raw)
{
    return &raw->geometry;
}

const struct cb_header *cb_raw_segment_header(const struct cb_raw *raw, size_t segment)
{
    return segment < raw->segments ? raw->header[segment] : NULL;
}

struct cb_header *cb_raw_metadata(const struct cb_raw *raw)
{
    struct cb_header *merged = cb_header_copy(raw->primary);
    for (size_t i = 1; i < raw->fits->hdus; i++) {
        const char *name = NULL;
        const struct cb_header *cards = raw->fits->hdu[i].cards;
        if (cb_plane_is_image(&raw->fits->hdu[i]) || !cb_header_get_string(cards, "EXTNAME", &name) ||
            is_segment_name(name))
            continue;
        for (size_t k = 0; k < cards->count; k++)
            if (strcmp(cards->card[k].key, "EXTNAME") != 0 &&
                cb_header_find(merged, cards->card[k].key) == NULL)
                cb_header_set_card(merged, &cards->card[k]);
    }
    struct cb_header *content = cb_fits_content(merged);
    cb_header_free(merged);
    return content;
}

bool cb_raw_read_rows(struct cb_raw *raw, size_t segment, size_t y0, size_t y1, int32_t *ret_pixels,
                      struct cb_error *err)
{
    if (segment >= raw->segments)
        return cb_fail(err, CB_ERR_INVALID, "raw file \"%s\" has no segment %zu", raw->fits->path, segment);
    return cb_plane_read(raw->fits, &raw->plane[segment], y0, y1, &raw->scratch, ret_pixels, err);
}

bool cb_raw_check(struct cb_raw *raw, struct cb_error *err)
{
    for (size_t i = 0; i < raw->fits->hdus; i++)
        if (!cb_fits_verify(raw->fits, i, err))
            return false;
    for (size_t s = 0; s < raw->segments; s++) {
        size_t rows = (size_t)raw->plane[s].height_px;
        cb_auto(cb_free) int32_t *pixels = calloc(rows * (size_t)raw->plane[s].width_px, sizeof *pixels);
        if (pixels == NULL)
            return cb_fail(err, CB_ERR_TRANSIENT, "no memory for segment \"%s\"", raw->name[s]);
        if (!cb_raw_read_rows(raw, s, 0, rows, pixels, err))
            return cb_context(err, "segment \"%s\"", raw->name[s]);
    }
    return true;
}

static bool read_source_rows(void *self, size_t segment, size_t y0, size_t y1, int32_t *ret_pixels,
                             struct cb_error *err)
{
    return cb_raw_read_rows(self, segment, y0, y1, ret_pixels, err);
}

struct cb_raw_source cb_raw_as_source(struct cb_raw *raw, uint64_t exposure_id, uint32_t detector)
{
    double exposure_s = 0.0;
    cb_header_get_double(raw->primary, "EXPTIME", &exposure_s);
    double dark_s = exposure_s;
    cb_header_get_double(raw->primary, "DARKTIME", &dark_s);
    return (struct cb_raw_source){
        .self = raw,
        .read_rows = read_source_rows,
        .geometry = &raw->geometry,
        .exposure_id = exposure_id,
        .detector = detector,
        .exposure_s = exposure_s,
        .dark_s = dark_s,
    };
}
