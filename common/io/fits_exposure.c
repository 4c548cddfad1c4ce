/* Writes exposures: float image plain, mask and variance losslessly compressed. */
#include "io/fits_exposure.h"

#include "calib/room.h"
#include "io/file.h"
#include "io/fits_record.h"
#include "io/fits_tiles.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_MAX ((size_t)8 << 20)
#define NAME_MAX_BYTES 4096
#define STRIP_ROWS 16 /* read, converted and written at once */

/* A file while it is written under its temporary name. */
struct output {
    int fd;
    uint64_t size;
    const char *path;
};

static bool put(struct output *out, const void *bytes, size_t size, struct cb_error *err)
{
    const uint8_t *from = bytes;
    while (size > 0) {
        ssize_t done = write(out->fd, from, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return cb_fail(err, CB_ERR_TRANSIENT, "could not write file \"%s\": %s", out->path,
                           strerror(errno));
        from += done;
        size -= (size_t)done;
        out->size += (uint64_t)done;
    }
    return true;
}

static bool pad(struct output *out, struct cb_error *err)
{
    static const uint8_t zeros[CB_FITS_BLOCK];
    size_t over = (size_t)(out->size % CB_FITS_BLOCK);
    return over == 0 || put(out, zeros, CB_FITS_BLOCK - over, err);
}

static bool format_header(const struct cb_header *structure, const struct cb_header *content,
                          struct cb_bytes *ret_text, struct cb_error *err)
{
    for (size_t i = 0; i < structure->count; i++)
        if (!cb_fits_add_card(ret_text, &structure->card[i], err))
            return false;
    if (!cb_fits_add_content(ret_text, content, err))
        return false;
    cb_fits_end_header(ret_text);
    return cb_bytes_ok(ret_text) ||
           cb_fail(err, CB_ERR_INVALID, "a header has more than %zu bytes", HEADER_MAX);
}

static bool put_header(struct output *out, const struct cb_header *structure, const struct cb_header *content,
                       struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(HEADER_MAX);
    return format_header(structure, content, &text, err) && put(out, text.data, text.size, err);
}

/* ---- primary and image
 * ------------------------------------------------------------------------------------------------ */

static bool put_primary(struct output *out, const struct cb_header *header, struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *structure = cb_header_new();
    cb_auto(cb_header_free) struct cb_header *content = cb_header_copy(header);
    cb_header_set_bool(structure, "SIMPLE", true, "file does conform to FITS standard");
    cb_header_set_int(structure, "BITPIX", 8, NULL);
    cb_header_set_int(structure, "NAXIS", 0, NULL);
    cb_header_set_bool(structure, "EXTEND", true, NULL);
    /* What a raw says of its own image does not hold for the planes. */
    cb_header_remove(content, "BUNIT");
    cb_header_remove(content, "EXTNAME");
    cb_header_remove(content, "INHERIT");
    return put_header(out, structure, content, err);
}

/* Cards that the three planes have in common: where pixel (1, 1) lies. */
static void set_plane_cards(struct cb_header *header, const char *name)
{
    cb_header_set_string(header, "EXTNAME", name, NULL);
    cb_header_set_string(header, "EXTTYPE", name, NULL);
    cb_header_set_bool(header, "INHERIT", true, NULL);
    cb_header_set_double(header, "LTV1", 0.0, NULL);
    cb_header_set_double(header, "LTV2", 0.0, NULL);
    cb_header_set_string(header, "CTYPE1A", "LINEAR", NULL);
    cb_header_set_string(header, "CTYPE2A", "LINEAR", NULL);
    cb_header_set_double(header, "CRPIX1A", 1.0, NULL);
    cb_header_set_double(header, "CRPIX2A", 1.0, NULL);
    cb_header_set_double(header, "CRVAL1A", 0.0, NULL);
    cb_header_set_double(header, "CRVAL2A", 0.0, NULL);
    cb_header_set_string(header, "CUNIT1A", "PIXEL", NULL);
    cb_header_set_string(header, "CUNIT2A", "PIXEL", NULL);
}

/* To the byte order of the file, in place. */
static void swap_bytes(uint32_t *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        words[i] = __builtin_bswap32(words[i]);
}

/* Which plane of the frame is read, for the strips of a compressed one. */
enum plane { VALUE, VARIANCE, MASK };

static bool get_rows(const struct cb_frame_source *frame, enum plane plane, size_t first, size_t rows,
                     void *ret_pixels, struct cb_error *err)
{
    const struct cb_box box = { 0, (int)first, frame->width_px, (int)rows };
    return frame->read_box(frame->self, box, plane == VALUE ? ret_pixels : NULL,
                           plane == VARIANCE ? ret_pixels : NULL, plane == MASK ? ret_pixels : NULL, err);
}

static bool put_values(struct output *out, const struct cb_frame_source *frame, struct cb_error *err)
{
    size_t width = (size_t)frame->width_px, height = (size_t)frame->height_px;
    cb_auto(cb_free) uint32_t *strip = cb_room(STRIP_ROWS * width, sizeof *strip);
    if (strip == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "no memory to write \"%s\"", out->path);
    for (size_t y = 0; y < height; y += STRIP_ROWS) {
        size_t rows = height - y < STRIP_ROWS ? height - y : STRIP_ROWS;
        if (!get_rows(frame, VALUE, y, rows, strip, err))
            return false;
        swap_bytes(strip, rows * width);
        if (!put(out, strip, rows * width * sizeof *strip, err))
            return false;
    }
    return pad(out, err);
}

static bool put_image(struct output *out, const struct cb_frame_source *frame, struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *structure = cb_header_new();
    cb_auto(cb_header_free) struct cb_header *content = cb_header_new();
    cb_header_set_string(structure, "XTENSION", "IMAGE", NULL);
    cb_header_set_int(structure, "BITPIX", -32, NULL);
    cb_header_set_int(structure, "NAXIS", 2, NULL);
    cb_header_set_int(structure, "NAXIS1", frame->width_px, NULL);
    cb_header_set_int(structure, "NAXIS2", frame->height_px, NULL);
    cb_header_set_int(structure, "PCOUNT", 0, NULL);
    cb_header_set_int(structure, "GCOUNT", 1, NULL);
    set_plane_cards(content, "IMAGE");
    if (frame->unit != CB_UNIT_NONE)
        cb_header_set_string(content, "BUNIT", cb_unit_name(frame->unit), NULL);
    return put_header(out, structure, content, err) && put_values(out, frame, err);
}

/* ---- mask and variance
 * ------------------------------------------------------------------------------------------------ */

static bool get_mask(void *self, size_t first, size_t rows, void *ret_pixels, struct cb_error *err)
{
    return get_rows(self, MASK, first, rows, ret_pixels, err);
}

static bool get_variance(void *self, size_t first, size_t rows, void *ret_pixels, struct cb_error *err)
{
    return get_rows(self, VARIANCE, first, rows, ret_pixels, err);
}

static bool put_heap(void *self, const void *bytes, size_t size, struct cb_error *err)
{
    return put(self, bytes, size, err);
}

/* Header and descriptors of a compressed plane, as far as they are known. */
static bool put_table(struct output *out, const struct cb_tiles_format *format, const struct cb_tiles *tiles,
                      const struct cb_header *content, struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *structure = cb_tiles_structure(format, tiles);
    return put_header(out, structure, content, err) &&
           put(out, tiles->descriptors, tiles->count * CB_TILE_DESCRIPTOR_BYTES, err);
}

/* Go back to a place in the file, or to its end. */
static bool go_to(struct output *out, uint64_t place, struct cb_error *err)
{
    return lseek(out->fd, (off_t)place, SEEK_SET) >= 0 ||
           cb_fail(err, CB_ERR_TRANSIENT, "could not write file \"%s\": %s", out->path, strerror(errno));
}

/* The heap is written as it is made; header and descriptors, which tell its size, are written again behind
 * it. */
static bool put_compressed(struct output *out, const struct cb_frame_source *frame, bool is_variance,
                           const struct cb_header *content, struct cb_error *err)
{
    struct cb_frame_source from = *frame;
    const struct cb_tiles_format layout = { (size_t)frame->width_px, (size_t)frame->height_px, is_variance };
    const struct cb_tiles_format *format = &layout;
    struct cb_tiles tiles = { .descriptors = NULL };
    uint64_t start = out->size;
    if (!cb_tiles_new(format, &tiles, err))
        return false;
    bool ok =
        put_table(out, format, &tiles, content, err) &&
        cb_tiles_compress(format, is_variance ? get_variance : get_mask, &from, &tiles, put_heap, out, err) &&
        pad(out, err);
    uint64_t end = out->size;
    ok = ok && go_to(out, start, err) && put_table(out, format, &tiles, content, err) && go_to(out, end, err);
    out->size = end;
    cb_tiles_done(&tiles);
    return ok;
}

static bool put_mask(struct output *out, const struct cb_frame_source *frame, struct cb_error *err)
{
    char key[64];
    cb_auto(cb_header_free) struct cb_header *content = cb_header_new();
    set_plane_cards(content, "MASK");
    for (int plane = 0; plane < CB_PLANE_COUNT; plane++) {
        snprintf(key, sizeof key, "MP_%s", cb_mask_plane_name(plane));
        cb_header_set_int(content, key, plane, NULL);
    }
    return put_compressed(out, frame, false, content, err);
}

static bool put_variance(struct output *out, const struct cb_frame_source *frame, struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *content = cb_header_new();
    set_plane_cards(content, "VARIANCE");
    return put_compressed(out, frame, true, content, err);
}

/* ---- the file
 * -----------------------------------------------------------------------------------------------------------
 */

static bool put_all(struct output *out, const struct cb_frame_source *frame, const struct cb_header *header,
                    struct cb_error *err)
{
    if (!put_primary(out, header, err) || !put_image(out, frame, err) || !put_mask(out, frame, err) ||
        !put_variance(out, frame, err))
        return false;
    if (fsync(out->fd) != 0)
        return cb_fail(err, CB_ERR_TRANSIENT, "could not sync file \"%s\": %s", out->path, strerror(errno));
    return true;
}

bool cb_exposure_write_frame(const char *path, const struct cb_frame_source *frame,
                             const struct cb_header *header, struct cb_error *err)
{
    char temporary[NAME_MAX_BYTES];
    int length = snprintf(temporary, sizeof temporary, "%s.XXXXXX.tmp", path);
    if (length < 0 || (size_t)length >= sizeof temporary)
        return cb_fail(err, CB_ERR_INVALID, "the path \"%.100s...\" is too long", path);
    if (!cb_file_make_parents(path, err))
        return false;
    struct output out = { .fd = mkostemps(temporary, (int)strlen(".tmp"), O_CLOEXEC), .path = path };
    if (out.fd < 0)
        return cb_fail(err, CB_ERR_TRANSIENT, "could not make file \"%s\": %s", temporary, strerror(errno));
    bool ok = fchmod(out.fd, 0644) == 0 ||
              cb_fail(err, CB_ERR_TRANSIENT, "could not open up file \"%s\": %s", temporary, strerror(errno));
    ok = ok && put_all(&out, frame, header, err);
    if (close(out.fd) != 0 && ok)
        ok = cb_fail(err, CB_ERR_TRANSIENT, "could not write file \"%s\": %s", path, strerror(errno));
    if (ok && rename(temporary, path) != 0)
        ok = cb_fail(err, CB_ERR_TRANSIENT, "could not rename to \"%s\": %s", path, strerror(errno));
    if (!ok)
        unlink(temporary);
    return ok && cb_file_sync_parent(path, err);
}

bool cb_exposure_write(const char *path, const struct cb_image *image, const struct cb_header *header,
                       struct cb_error *err)
{
    const struct cb_frame_source frame = cb_frame_of_image(image, NAN);
    return cb_exposure_write_frame(path, &frame, header, err);
}
