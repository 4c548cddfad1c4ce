/* Three planes of 4-byte pixels one behind the other. A plane is cut into columns of full height, so that the
 * box of a segment is one piece of the file:
 *
 *   plane  = column 0 | column 1 | ... (the last may be narrower)
 *   column = its pixels of row 0 | of row 1 | ...
 */
#include "io/frame_file.h"

#include "base/alloc.h"
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define PIXEL_BYTES 4
#define ROWS_AT_ONCE 512 /* below the 1024 pieces that one call takes */

enum plane { VALUE, VARIANCE, MASK };

struct cb_frame_file {
    int fd;
    size_t width_px, height_px, column_px;
};

bool cb_frame_file_new(const char *folder, size_t width_px, size_t height_px, size_t column_px,
                       struct cb_frame_file **ret_file, struct cb_error *err)
{
    if (width_px == 0 || height_px == 0 || column_px == 0 || width_px > CB_IMAGE_MAX_SIDE_PX ||
        height_px > CB_IMAGE_MAX_SIDE_PX)
        return cb_fail(err, CB_ERR_INVALID, "an image of %zu x %zu pixels is out of range", width_px,
                       height_px);
    cb_auto(cb_free) char *path = cb_xasprintf("%s/frame.XXXXXX", folder);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return cb_fail(err, cb_file_err_kind(errno), "could not make file \"%s\": %s", path, strerror(errno));
    unlink(path);
    if (ftruncate(fd, (off_t)(3 * width_px * height_px * PIXEL_BYTES)) != 0) {
        int reason = errno;
        close(fd);
        return cb_fail(err, CB_ERR_TRANSIENT, "could not make room for an image in \"%s\": %s", folder,
                       strerror(reason));
    }
    struct cb_frame_file *file = cb_xalloc(sizeof *file);
    *file = (struct cb_frame_file){ fd, width_px, height_px, column_px };
    *ret_file = file;
    return true;
}

void cb_frame_file_free(struct cb_frame_file *file)
{
    if (file == NULL)
        return;
    close(file->fd);
    free(file);
}

/* Read or write pieces that follow each other in the file, as often as it takes. pieces are used up. */
static bool transfer(const struct cb_frame_file *file, bool is_write, struct iovec *piece, int pieces,
                     off_t at, struct cb_error *err)
{
    while (pieces > 0) {
        ssize_t done = is_write ? pwritev(file->fd, piece, pieces, at) : preadv(file->fd, piece, pieces, at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return cb_fail(err, CB_ERR_TRANSIENT, "could not %s an image on disk: %s",
                           is_write ? "write" : "read", done < 0 ? strerror(errno) : "it has ended");
        at += done;
        for (; pieces > 0 && (size_t)done >= piece->iov_len; piece++, pieces--)
            done -= (ssize_t)piece->iov_len;
        if (pieces > 0) {
            piece->iov_base = (uint8_t *)piece->iov_base + done;
            piece->iov_len -= (size_t)done;
        }
    }
    return true;
}

/* Columns x0 <= x < x1 of one column of the file, of some rows of a box. A whole column's rows are one piece.
 */
static bool move_rows(const struct cb_frame_file *file, enum plane plane, bool is_write, struct cb_box box,
                      size_t x0, size_t x1, size_t y, size_t rows, uint8_t *pixels, struct cb_error *err)
{
    struct iovec piece[ROWS_AT_ONCE];
    size_t column = x0 / file->column_px * file->column_px;
    size_t left = file->width_px - column;
    size_t column_width = left < file->column_px ? left : file->column_px;
    size_t step = (size_t)box.width * PIXEL_BYTES, length = (x1 - x0) * PIXEL_BYTES;
    size_t first = ((size_t)plane * file->width_px + column) * file->height_px +
                   ((size_t)box.y0 + y) * column_width + (x0 - column);
    uint8_t *start = pixels + y * step + (x0 - (size_t)box.x0) * PIXEL_BYTES;
    if (x1 - x0 == column_width && step == length) {
        piece[0] = (struct iovec){ start, rows * length };
        return transfer(file, is_write, piece, 1, (off_t)(first * PIXEL_BYTES), err);
    }
    if (x1 - x0 == column_width) {
        for (size_t i = 0; i < rows; i++)
            piece[i] = (struct iovec){ start + i * step, length };
        return transfer(file, is_write, piece, (int)rows, (off_t)(first * PIXEL_BYTES), err);
    }
    for (size_t i = 0; i < rows; i++) {
        piece[0] = (struct iovec){ start + i * step, length };
        if (!transfer(file, is_write, piece, 1, (off_t)((first + i * column_width) * PIXEL_BYTES), err))
            return false;
    }
    return true;
}

static bool move_box(const struct cb_frame_file *file, enum plane plane, bool is_write, struct cb_box box,
                     void *pixels, struct cb_error *err)
{
    size_t until = (size_t)box.x0 + (size_t)box.width, height = (size_t)box.height;
    for (size_t y = 0; pixels != NULL && y < height; y += ROWS_AT_ONCE) {
        size_t rows = height - y < ROWS_AT_ONCE ? height - y : ROWS_AT_ONCE;
        for (size_t x0 = (size_t)box.x0, x1 = 0; x0 < until; x0 = x1) {
            x1 = (x0 / file->column_px + 1) * file->column_px;
            x1 = x1 < until ? x1 : until;
            if (!move_rows(file, plane, is_write, box, x0, x1, y, rows, pixels, err))
                return false;
        }
    }
    return true;
}

static bool is_inside(const struct cb_frame_file *file, struct cb_box box, struct cb_error *err)
{
    return (box.x0 >= 0 && box.y0 >= 0 && box.width >= 0 && box.height >= 0 &&
            (size_t)box.x0 + (size_t)box.width <= file->width_px &&
            (size_t)box.y0 + (size_t)box.height <= file->height_px) ||
           cb_fail(err, CB_ERR_INVALID, "box [%d+%d, %d+%d] lies outside an image of %zu x %zu pixels",
                   box.x0, box.width, box.y0, box.height, file->width_px, file->height_px);
}

static bool read_box(void *self, struct cb_box box, float *ret_value, float *ret_variance, uint32_t *ret_mask,
                     struct cb_error *err)
{
    const struct cb_frame_file *file = self;
    return is_inside(file, box, err) && move_box(file, VALUE, false, box, ret_value, err) &&
           move_box(file, VARIANCE, false, box, ret_variance, err) &&
           move_box(file, MASK, false, box, ret_mask, err);
}

static bool write_box(void *self, struct cb_box box, const float *value, const float *variance,
                      const uint32_t *mask, struct cb_error *err)
{
    const struct cb_frame_file *file = self;
    void *planes[] = { (void *)value, (void *)variance, (void *)mask };
    return is_inside(file, box, err) && move_box(file, VALUE, true, box, planes[0], err) &&
           move_box(file, VARIANCE, true, box, planes[1], err) &&
           move_box(file, MASK, true, box, planes[2], err);
}

struct cb_frame_store cb_frame_file_as_store(struct cb_frame_file *file)
{
    return (struct cb_frame_store){ .frame = { .self = file,
                                               .read_box = read_box,
                                               .width_px = (int)file->width_px,
                                               .height_px = (int)file->height_px,
                                               .dark_s = NAN },
                                    .write_box = write_box };
}
