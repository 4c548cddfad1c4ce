/* Reads exposures, ours and others', by cfitsio. */
#include "io/fits_exposure.h"

#include "calib/room.h"
#include "io/fits_file.h"
#include "io/fits_header.h"

#include "base/alloc.h"

#include <fitsio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define PLANE_PREFIX "MP_"

/* An open exposure: which HDU (1-based, as cfitsio counts) holds which plane. 0: absent. */
struct cb_exposure_file {
    fitsfile *fits;
    char *path;
    struct cb_header *primary;
    struct cb_header *mask_cards;
    struct cb_header *image_cards;
    int value_hdu, mask_hdu, variance_hdu;
    int width_px, height_px;
    uint32_t *mask; /* whole plane once it was asked for; NULL when all of it is 0 */
    bool mask_known;
    float *variance; /* whole plane once it was asked for */
};

void cb_exposure_close(struct cb_exposure_file *file)
{
    int status = 0;
    if (file == NULL)
        return;
    if (file->fits != NULL)
        fits_close_file(file->fits, &status);
    cb_header_free(file->primary);
    cb_header_free(file->mask_cards);
    cb_header_free(file->image_cards);
    free(file->path);
    free(file->mask);
    free(file->variance);
    free(file);
}

static bool fail_status(const struct cb_exposure_file *file, int status, const char *what,
                        struct cb_error *err)
{
    char reason[FLEN_STATUS] = "";
    fits_get_errstatus(status, reason);
    fits_clear_errmsg();
    cb_fail(err, CB_ERR_INVALID, "exposure \"%s\": cannot %s: %s", file->path, what, reason);
    return false;
}

/* ---- which HDU is what
 * -------------------------------------------------------------------------------------------------- */

/* EXTNAME or, when that is empty or the compressor's, EXTTYPE. */
static const char *plane_name(const struct cb_header *cards)
{
    const char *name = "", *type = "";
    cb_header_get_string(cards, "EXTNAME", &name);
    cb_header_get_string(cards, "EXTTYPE", &type);
    return name[0] == '\0' || strcmp(name, "COMPRESSED_IMAGE") == 0 ? type : name;
}

static bool size_of(const struct cb_header *cards, int64_t *ret_width, int64_t *ret_height)
{
    bool compressed = false;
    cb_header_get_bool(cards, "ZIMAGE", &compressed);
    return cb_header_get_int(cards, compressed ? "ZNAXIS1" : "NAXIS1", ret_width) &&
           cb_header_get_int(cards, compressed ? "ZNAXIS2" : "NAXIS2", ret_height);
}

static bool check_size(struct cb_exposure_file *file, const struct cb_header *cards, const char *name,
                       struct cb_error *err)
{
    int64_t width = 0, height = 0;
    if (!size_of(cards, &width, &height) || width < 1 || height < 1 || width > CB_IMAGE_MAX_SIDE_PX ||
        height > CB_IMAGE_MAX_SIDE_PX)
        return cb_fail(err, CB_ERR_INVALID, "exposure \"%s\": plane %s has no size or one out of range",
                       file->path, name);
    if (file->width_px != 0 && (file->width_px != width || file->height_px != height))
        return cb_fail(err, CB_ERR_INVALID,
                       "exposure \"%s\": plane %s has %lld x %lld pixels, the image %d x %d", file->path,
                       name, (long long)width, (long long)height, file->width_px, file->height_px);
    file->width_px = (int)width;
    file->height_px = (int)height;
    return true;
}

static bool find_planes(struct cb_exposure_file *file, const struct cb_fits *fits, struct cb_error *err)
{
    for (size_t i = 1; i < fits->hdus; i++) {
        const struct cb_header *cards = fits->hdu[i].cards;
        const char *name = plane_name(cards);
        int *place = strcmp(name, "IMAGE") == 0      ? &file->value_hdu
                     : strcmp(name, "MASK") == 0     ? &file->mask_hdu
                     : strcmp(name, "VARIANCE") == 0 ? &file->variance_hdu
                                                     : NULL;
        if (place == NULL || *place != 0)
            continue;
        if (!check_size(file, cards, name, err))
            return false;
        *place = (int)i + 1;
        if (place == &file->mask_hdu)
            file->mask_cards = cb_header_copy(cards);
        if (place == &file->value_hdu)
            file->image_cards = cb_header_copy(cards);
    }
    return file->value_hdu != 0 ||
           cb_fail(err, CB_ERR_INVALID, "exposure \"%s\" has no plane IMAGE", file->path);
}

bool cb_exposure_open(const char *path, struct cb_exposure_file **ret_file, struct cb_error *err)
{
    int status = 0;
    cb_auto(cb_fits_close) struct cb_fits *fits = NULL;
    cb_auto(cb_exposure_close) struct cb_exposure_file *file = cb_xalloc(sizeof *file);
    file->path = cb_xstrdup(path);
    if (!cb_fits_open(path, &fits, err))
        return false;
    file->primary = cb_fits_content(fits->hdu[0].cards);
    if (!find_planes(file, fits, err))
        return false;
    if (fits_open_diskfile(&file->fits, path, READONLY, &status) != 0)
        return fail_status(file, status, "open it", err);
    struct cb_exposure_file *opened = file;
    file = NULL;
    *ret_file = opened;
    return true;
}

const struct cb_header *cb_exposure_header(const struct cb_exposure_file *file)
{
    return file->primary;
}

/* BUNIT of the image, else what ISR or the header says. */
static enum cb_unit unit_of(const struct cb_exposure_file *file)
{
    const char *text = NULL;
    if (cb_header_get_string(file->image_cards, "BUNIT", &text) && cb_unit_parse(text) != CB_UNIT_NONE)
        return cb_unit_parse(text);
    if (cb_header_get_string(file->primary, "OBSTYPE", &text) && strcmp(text, "flat") == 0)
        return CB_UNIT_NONE; /* a flat is relative, whatever its inputs were in */
    return cb_header_get_string(file->primary, "LSST ISR UNITS", &text) ? cb_unit_parse(text) : CB_UNIT_NONE;
}

/* ---- planes
 * ---------------------------------------------------------------------------------------------------------------
 */

/* Our bits for the bits of the file. */
struct translation {
    uint32_t ours[32];
    bool same; /* nothing to do */
};

static struct translation translation_of(const struct cb_header *cards)
{
    struct translation t = { .same = true };
    bool any = false;
    for (size_t i = 0; i < cards->count; i++) {
        const struct cb_card *card = &cards->card[i];
        if (strncmp(card->key, PLANE_PREFIX, strlen(PLANE_PREFIX)) != 0 || card->type != CB_CARD_INT ||
            card->integer < 0 || card->integer > 31)
            continue;
        int plane = cb_mask_plane_find(card->key + strlen(PLANE_PREFIX));
        any = true;
        if (plane >= 0)
            t.ours[card->integer] |= UINT32_C(1) << plane;
    }
    for (unsigned bit = 0; bit < 32; bit++) {
        if (!any && bit < CB_PLANE_COUNT)
            t.ours[bit] = UINT32_C(1) << bit;
        t.same &= t.ours[bit] == (bit < CB_PLANE_COUNT ? UINT32_C(1) << bit : 0);
    }
    return t;
}

static void translate(const struct translation *t, uint32_t *mask, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t ours = 0, theirs = mask[i];
        for (unsigned bit = 0; theirs != 0; bit++, theirs >>= 1)
            if ((theirs & 1) != 0)
                ours |= t->ours[bit];
        mask[i] = ours;
    }
}

static bool read_plane(struct cb_exposure_file *file, int hdu, int type, struct cb_box box, void *ret_pixels,
                       struct cb_error *err)
{
    long first[2] = { box.x0 + 1, box.y0 + 1 }, last[2] = { box.x0 + box.width, box.y0 + box.height };
    long step[2] = { 1, 1 };
    int status = 0, any_null = 0;
    fits_movabs_hdu(file->fits, hdu, NULL, &status);
    fits_read_subset(file->fits, type, first, last, step, NULL, ret_pixels, &any_null, &status);
    return status == 0 || fail_status(file, status, "read its pixels", err);
}

static struct cb_box whole(const struct cb_exposure_file *file)
{
    return (struct cb_box){ 0, 0, file->width_px, file->height_px };
}

static bool read_mask(struct cb_exposure_file *file, struct cb_box box, uint32_t *ret_mask,
                      struct cb_error *err)
{
    size_t n = (size_t)box.width * (size_t)box.height;
    if (file->mask_hdu == 0) {
        memset(ret_mask, 0, n * sizeof *ret_mask);
        return true;
    }
    if (!read_plane(file, file->mask_hdu, TINT, box, ret_mask, err))
        return false;
    struct translation t = translation_of(file->mask_cards);
    translate(&t, ret_mask, n);
    return true;
}

static bool read_variance(struct cb_exposure_file *file, struct cb_box box, float *ret_variance,
                          struct cb_error *err)
{
    if (file->variance_hdu != 0)
        return read_plane(file, file->variance_hdu, TFLOAT, box, ret_variance, err);
    memset(ret_variance, 0, (size_t)box.width * (size_t)box.height * sizeof *ret_variance);
    return true;
}

bool cb_exposure_read(const char *path, struct cb_image **ret_image, struct cb_header **ret_header,
                      struct cb_error *err)
{
    cb_auto(cb_exposure_close) struct cb_exposure_file *file = NULL;
    cb_auto(cb_image_free) struct cb_image *image = NULL;
    if (!cb_exposure_open(path, &file, err) ||
        !cb_image_new((size_t)file->width_px, (size_t)file->height_px, unit_of(file), &image, err) ||
        !read_plane(file, file->value_hdu, TFLOAT, whole(file), image->value, err) ||
        !read_mask(file, whole(file), image->mask, err) ||
        !read_variance(file, whole(file), image->variance, err))
        return false;
    *ret_image = cb_steal(image);
    if (ret_header != NULL)
        *ret_header = cb_steal(file->primary);
    return true;
}

/* ---- by boxes
 * ---------------------------------------------------------------------------------------------------------------
 */

/* Compressed planes are unpacked once; a mask without bits is not kept. */
static bool load_mask(struct cb_exposure_file *file, struct cb_error *err)
{
    size_t n = (size_t)file->width_px * (size_t)file->height_px;
    uint32_t any = 0;
    if (file->mask_known)
        return true;
    cb_auto(cb_free) uint32_t *mask = cb_room(n, sizeof *mask);
    if (mask == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for the mask of \"%s\"", file->path);
    if (!read_mask(file, whole(file), mask, err))
        return false;
    for (size_t i = 0; i < n; i++)
        any |= mask[i];
    file->mask_known = true;
    if (any != 0)
        file->mask = cb_steal(mask);
    return true;
}

static bool load_variance(struct cb_exposure_file *file, struct cb_error *err)
{
    if (file->variance != NULL)
        return true;
    cb_auto(cb_free) float *variance =
        cb_room((size_t)file->width_px * (size_t)file->height_px, sizeof *variance);
    if (variance == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory for the variance of \"%s\"", file->path);
    if (!read_variance(file, whole(file), variance, err))
        return false;
    file->variance = cb_steal(variance);
    return true;
}

/* A box of a whole plane of 4-byte pixels; plane NULL is all 0. */
static void copy_box(const struct cb_exposure_file *file, const void *plane, struct cb_box box,
                     void *ret_pixels)
{
    size_t row_bytes = (size_t)box.width * 4;
    for (int y = 0; y < box.height; y++) {
        uint8_t *to = (uint8_t *)ret_pixels + (size_t)y * row_bytes;
        if (plane == NULL)
            memset(to, 0, row_bytes);
        else
            memcpy(to,
                   (const uint8_t *)plane +
                       ((size_t)(box.y0 + y) * (size_t)file->width_px + (size_t)box.x0) * 4,
                   row_bytes);
    }
}

static bool read_box(void *self, struct cb_box box, float *ret_value, float *ret_variance, uint32_t *ret_mask,
                     struct cb_error *err)
{
    struct cb_exposure_file *file = self;
    if (box.x0 < 0 || box.y0 < 0 || box.x0 + box.width > file->width_px ||
        box.y0 + box.height > file->height_px)
        return cb_fail(err, CB_ERR_INVALID, "box [%d+%d, %d+%d] lies outside exposure \"%s\"", box.x0,
                       box.width, box.y0, box.height, file->path);
    if ((ret_value != NULL && !read_plane(file, file->value_hdu, TFLOAT, box, ret_value, err)) ||
        (ret_mask != NULL && !load_mask(file, err)) || (ret_variance != NULL && !load_variance(file, err)))
        return false;
    if (ret_mask != NULL)
        copy_box(file, file->mask, box, ret_mask);
    if (ret_variance != NULL)
        copy_box(file, file->variance, box, ret_variance);
    return true;
}

struct cb_frame_source cb_exposure_as_frame(struct cb_exposure_file *file)
{
    double dark_s = NAN;
    cb_header_get_double(file->primary, "DARKTIME", &dark_s);
    return (struct cb_frame_source){
        .self = file,
        .read_box = read_box,
        .width_px = file->width_px,
        .height_px = file->height_px,
        .unit = unit_of(file),
        .dark_s = dark_s,
    };
}
