/* Defects as boxes that do not overlap. */
#include "calib/defect_boxes.h"

#include "base/alloc.h"
#include "base/cleanup.h"

#include <inttypes.h>
#include <string.h>

#define EDGE_MAX 32768

struct canvas {
    size_t width, height;
    char *bad; /* [height * width] */
};

static bool measure(const struct cb_defect_box *boxes, size_t count, struct canvas *canvas,
                    struct cb_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct cb_defect_box *b = &boxes[i];
        if (b->x0 < 0 || b->y0 < 0 || b->width < 1 || b->height < 1 || b->x0 > EDGE_MAX || b->y0 > EDGE_MAX ||
            b->width > EDGE_MAX - b->x0 || b->height > EDGE_MAX - b->y0)
            return cb_fail(err, CB_ERR_INVALID,
                           "defect %zu is no box on a detector: x0 %" PRId64 ", y0 %" PRId64
                           ", width %" PRId64 ", height %" PRId64,
                           i + 1, b->x0, b->y0, b->width, b->height);
        size_t right = (size_t)(b->x0 + b->width), top = (size_t)(b->y0 + b->height);
        canvas->width = right > canvas->width ? right : canvas->width;
        canvas->height = top > canvas->height ? top : canvas->height;
    }
    return true;
}

static void paint(struct canvas *canvas, const struct cb_defect_box *box)
{
    for (int64_t y = box->y0; y < box->y0 + box->height; y++)
        memset(canvas->bad + (size_t)y * canvas->width + box->x0, 1, (size_t)box->width);
}

/* Are exactly the pixels [x0, x1) of this row bad, with good ones on both sides? */
static bool is_same_run(const struct canvas *canvas, size_t y, size_t x0, size_t x1)
{
    const char *row = canvas->bad + y * canvas->width;
    if ((x0 > 0 && row[x0 - 1]) || (x1 < canvas->width && row[x1]))
        return false;
    return memchr(row + x0, 0, x1 - x0) == NULL;
}

/* The box that begins at a bad pixel: its run, and the rows above that have the same run; wiped out. */
static struct cb_defect_box take(struct canvas *canvas, size_t x0, size_t y0)
{
    const char *row = canvas->bad + y0 * canvas->width;
    size_t x1 = x0, y1 = y0 + 1;
    while (x1 < canvas->width && row[x1])
        x1++;
    while (y1 < canvas->height && is_same_run(canvas, y1, x0, x1))
        y1++;
    for (size_t y = y0; y < y1; y++)
        memset(canvas->bad + y * canvas->width + x0, 0, x1 - x0);
    return (struct cb_defect_box){ (int64_t)x0, (int64_t)y0, (int64_t)(x1 - x0), (int64_t)(y1 - y0) };
}

bool cb_defect_boxes_normalise(const struct cb_defect_box *boxes, size_t count,
                               struct cb_defect_box **ret_boxes, size_t *ret_count, struct cb_error *err)
{
    struct canvas canvas = { 0 };
    if (!measure(boxes, count, &canvas, err))
        return false;
    struct cb_defect_box *found = NULL;
    size_t n = 0, room = 0;
    canvas.bad = cb_xalloc_array(canvas.width * canvas.height + 1, 1);
    for (size_t i = 0; i < count; i++)
        paint(&canvas, &boxes[i]);
    for (size_t y = 0; y < canvas.height; y++)
        for (size_t x = 0; x < canvas.width; x++)
            if (canvas.bad[y * canvas.width + x]) {
                if (n == room)
                    found = cb_xrealloc_array(found, room = 2 * room + 16, sizeof *found);
                found[n++] = take(&canvas, x, y);
            }
    free(canvas.bad);
    *ret_boxes = found;
    *ret_count = n;
    return true;
}
