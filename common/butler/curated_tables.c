/* What a table of a curated type must have: defects and crosstalk. */
#include "butler/curated_tables.h"

#include "base/alloc.h"
#include "butler/curated_amplifiers.h"
#include "butler/curated_layout.h"
#include "calib/defect_boxes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define AMPS_MAX 64 /* more than any detector has */

/* ---- defects ---- */

static const struct cb_curated_column box_columns[] = {
    { "x0", CB_TABLE_INT, false, true, 1, 0 },
    { "y0", CB_TABLE_INT, false, true, 1, 0 },
    { "width", CB_TABLE_INT, false, true, 1, 0 },
    { "height", CB_TABLE_INT, false, true, 1, 0 },
};

static bool is_region_table(const struct cb_table *table)
{
    static const char *const names[] = { "X", "Y", "R", "SHAPE" };
    for (size_t i = 0; i < COUNT(names); i++)
        if (cb_table_find(table, names[i]) == NULL)
            return false;
    return true;
}

static bool take_boxes(struct cb_table **table, struct cb_defect_box *ret_boxes, struct cb_error *err)
{
    if (!cb_curated_arrange(table, box_columns, COUNT(box_columns), err))
        return false;
    const struct cb_table_column *c = (*table)->column;
    for (size_t i = 0; i < (*table)->rows; i++)
        ret_boxes[i] = (struct cb_defect_box){ c[0].ints[i], c[1].ints[i], c[2].ints[i], c[3].ints[i] };
    return true;
}

/* The columns of a FITS region table (their first values, where they hold lists). */
struct regions {
    const struct cb_table_column *x, *y, *r, *shape, *angle;
};

static double value_at(const struct cb_table_column *column, size_t row, size_t i)
{
    return column->reals[row * column->width + i];
}

/* Width and height of a region, after its turn by a multiple of 90 degrees; false: no such shape. */
static bool measure(const struct regions *it, size_t row, double ret_size[2])
{
    const char *shape = it->shape->texts[row];
    size_t length = strcspn(shape, " ");
    double angle = 0;
    ret_size[0] = ret_size[1] = 1;
    if (length == 5 && strncasecmp(shape, "POINT", 5) == 0)
        return true;
    bool turns = length == 6 && strncasecmp(shape, "ROTBOX", 6) == 0;
    if (it->r->width < 2 || (!turns && (length != 3 || strncasecmp(shape, "BOX", 3) != 0)))
        return false;
    if (turns && it->angle != NULL)
        angle = value_at(it->angle, row, 0);
    if (!(fabs(remainder(angle, 90)) < 1e-9))
        return false;
    bool upright = fabs(remainder(angle, 180)) < 1e-9;
    ret_size[0] = value_at(it->r, row, upright ? 0 : 1);
    ret_size[1] = value_at(it->r, row, upright ? 1 : 0);
    return true;
}

/* From a centre that counts pixels from 1 to a corner that counts from 0. */
static bool take_region(const struct regions *it, size_t row, struct cb_defect_box *ret_box,
                        struct cb_error *err)
{
    double size[2], corner[2];
    if (!measure(it, row, size))
        return cb_fail(err, CB_ERR_INVALID,
                       "defect %zu is no POINT, BOX or ROTBOX by a multiple of 90 degrees", row + 1);
    corner[0] = value_at(it->x, row, 0) - 1 - size[0] / 2 + 0.5;
    corner[1] = value_at(it->y, row, 0) - 1 - size[1] / 2 + 0.5;
    for (size_t i = 0; i < 2; i++)
        if (!(fabs(corner[i]) < 1e6 && fabs(size[i]) < 1e6) || size[i] != floor(size[i]))
            return cb_fail(err, CB_ERR_INVALID, "defect %zu is no box of whole pixels", row + 1);
    *ret_box = (struct cb_defect_box){ (int64_t)floor(corner[0] + 0.5), (int64_t)floor(corner[1] + 0.5),
                                       (int64_t)size[0], (int64_t)size[1] };
    return true;
}

static bool take_regions(struct cb_table **table, struct cb_defect_box *ret_boxes, struct cb_error *err)
{
    struct cb_table_column *x = cb_table_find(*table, "X"), *y = cb_table_find(*table, "Y");
    struct cb_table_column *r = cb_table_find(*table, "R"), *shape = cb_table_find(*table, "SHAPE");
    struct cb_table_column *angle = cb_table_find(*table, "ROTANG");
    size_t rows = (*table)->rows;
    if (!cb_table_convert(x, rows, CB_TABLE_REAL) || !cb_table_convert(y, rows, CB_TABLE_REAL) ||
        !cb_table_convert(r, rows, CB_TABLE_REAL) || !cb_table_convert(shape, rows, CB_TABLE_TEXT) ||
        (angle != NULL && !cb_table_convert(angle, rows, CB_TABLE_REAL)))
        return cb_fail(err, CB_ERR_INVALID, "a column of the table of regions is of the wrong type");
    const struct regions regions = { x, y, r, shape, angle };
    for (size_t i = 0; i < rows; i++)
        if (!take_region(&regions, i, &ret_boxes[i], err))
            return false;
    return true;
}

static void set_boxes(struct cb_table **table, const struct cb_defect_box *boxes, size_t n)
{
    struct cb_table *made = cb_table_new();
    made->rows = n;
    for (size_t c = 0; c < COUNT(box_columns); c++)
        (void)cb_table_add(made, box_columns[c].name, CB_TABLE_INT, false, 1);
    for (size_t i = 0; i < n; i++) {
        made->column[0].ints[i] = boxes[i].x0;
        made->column[1].ints[i] = boxes[i].y0;
        made->column[2].ints[i] = boxes[i].width;
        made->column[3].ints[i] = boxes[i].height;
    }
    cb_header_free(made->meta);
    made->meta = cb_header_copy((*table)->meta);
    cb_table_free(*table);
    *table = made;
}

static bool prepare_defects(struct cb_table **table, struct cb_error *err)
{
    cb_auto(cb_free) struct cb_defect_box *given = cb_xalloc_array((*table)->rows + 1, sizeof *given);
    cb_auto(cb_free) struct cb_defect_box *boxes = NULL;
    size_t n;
    if (!(is_region_table(*table) ? take_regions : take_boxes)(table, given, err) ||
        !cb_defect_boxes_normalise(given, (*table)->rows, &boxes, &n, err))
        return false;
    set_boxes(table, boxes, n);
    struct cb_header *meta = (*table)->meta;
    if (cb_header_find(meta, "defects_SCHEMA") == NULL)
        cb_header_set_string(meta, "defects_SCHEMA", "", NULL);
    if (cb_header_find(meta, "defects_VERSION") == NULL)
        cb_header_set_double(meta, "defects_VERSION", 2.0, NULL);
    cb_curated_set_none(meta, CB_CURATED_NONE_DROPPED);
    return true;
}

/* ---- crosstalk ---- */

/* Old files give fit gains of one value: that is none. (Upstream drops all gains of tables: it counts the
 * rows.)
 */
static void drop_single_gain(struct cb_table *table, int64_t amps)
{
    struct cb_table_column *gains = cb_table_find(table, "CT_FIT_GAINS");
    if (gains != NULL && gains->width == 1 && amps > 1)
        gains->name[0] = '\0';
}

static bool arrange_crosstalk(struct cb_table **table, int64_t amps, struct cb_error *err)
{
    const size_t square = (size_t)(amps * amps);
    const struct cb_curated_column columns[] = {
        { "CT_COEFFS", CB_TABLE_REAL, true, true, square, 0 },
        { "CT_ERRORS", CB_TABLE_REAL, true, false, square, 0 },
        { "CT_COUNTS", CB_TABLE_INT, true, false, square, 0 },
        { "CT_VALID", CB_TABLE_BOOL, true, false, square, 1 },
        { "CT_COEFFS_SQR", CB_TABLE_REAL, true, false, square, 0 },
        { "CT_ERRORS_SQR", CB_TABLE_REAL, true, false, square, 0 },
        { "CT_AMP_GAIN_RATIOS", CB_TABLE_REAL, true, false, square, 0 },
        { "CT_FIT_GAINS", CB_TABLE_REAL, true, false, (size_t)amps, 0 },
    };
    drop_single_gain(*table, amps);
    return cb_curated_arrange(table, columns, COUNT(columns), err) ||
           cb_context(err, "NAMP is %d", (int)amps);
}

static void copy_text(struct cb_header *meta, const char *from, const char *to)
{
    const char *text = "";
    if (cb_header_find(meta, to) == NULL) {
        (void)cb_header_get_string(meta, from, &text);
        cb_header_set_string(meta, to, text, NULL);
    }
}

/* What its class writes beside the columns. */
static void describe_crosstalk(struct cb_header *meta, int64_t amps)
{
    char number[24];
    cb_curated_set_none(meta, CB_CURATED_NONE_EMPTY);
    copy_text(meta, "DET_NAME", "DETECTOR_NAME");
    copy_text(meta, "DET_SER", "DETECTOR_SERIAL");
    snprintf(number, sizeof number, "%d", (int)amps);
    cb_header_set_bool(meta, "HAS_CROSSTALK", true, NULL);
    cb_header_set_int(meta, "NAMP", amps, NULL);
    cb_header_set_int(meta, "CROSSTALK_SHAPE", amps, number);
    cb_header_set_string(meta, "OBSTYPE", "CROSSTALK", NULL);
    cb_header_set_string(meta, "CROSSTALK_SCHEMA", "Gen3 Crosstalk", NULL);
    cb_header_set_double(meta, "CROSSTALK_VERSION", 1.2, NULL);
}

static bool prepare_crosstalk(struct cb_table **table, struct cb_error *err)
{
    struct cb_header *meta = (*table)->meta;
    int64_t amps;
    double version;
    const char *units;
    bool has;
    if (!cb_header_get_bool(meta, "HAS_CROSSTALK", &has) || !has)
        return cb_fail(err, CB_ERR_INVALID, "HAS_CROSSTALK is missing or false");
    if (!cb_header_get_int(meta, "NAMP", &amps) || amps < 1 || amps > AMPS_MAX)
        return cb_fail(err, CB_ERR_INVALID, "NAMP is missing or no number of amplifiers");
    if (!cb_header_get_double(meta, "CROSSTALK_VERSION", &version))
        return cb_fail(err, CB_ERR_INVALID, "CROSSTALK_VERSION is missing");
    if ((*table)->rows != 1)
        return cb_fail(err, CB_ERR_INVALID, "a crosstalk table has one row, not %zu", (*table)->rows);
    if (version < 1.1)
        cb_header_set_string(meta, "CROSSTALK_RATIOS_UNITS", "adu", NULL);
    else if (!cb_header_get_string(meta, "CROSSTALK_RATIOS_UNITS", &units))
        return cb_fail(err, CB_ERR_INVALID, "CROSSTALK_RATIOS_UNITS is missing");
    describe_crosstalk(meta, amps);
    return arrange_crosstalk(table, amps, err);
}

/* ---- all ---- */

static const struct {
    const char *storage_class;
    bool (*prepare)(struct cb_table **table, struct cb_error *err);
} preparations[] = {
    { "Defects", prepare_defects },
    { "CrosstalkCalib", prepare_crosstalk },
    { "BrighterFatterKernel", cb_curated_prepare_bfk },
    { "Linearizer", cb_curated_prepare_linearizer },
    { "QECurve", cb_curated_prepare_qe },
    { "TransmissionCurve", cb_curated_check_transmission },
};

/* A file may name the class by any path that leads to it: lsst.ip.isr.Defects, lsst.ip.isr.defects.Defects.
 */
static bool is_class(const char *given, const char *wanted)
{
    const char *a = strrchr(given, '.'), *b = strrchr(wanted, '.');
    return strncmp(given, "lsst.ip.isr.", strlen("lsst.ip.isr.")) == 0 && a != NULL && strcmp(a, b) == 0;
}

static bool check_class(const struct cb_curated_type *type, struct cb_table *table, struct cb_error *err)
{
    const char *given = type->calib_class;
    if (type->calib_class == NULL)
        return true;
    if (cb_header_get_string(table->meta, "CALIBCLS", &given) && !is_class(given, type->calib_class))
        return cb_fail(err, CB_ERR_INVALID, "CALIBCLS is \"%.80s\", not \"%s\"", given, type->calib_class);
    cb_header_set_string(table->meta, "CALIBCLS", type->calib_class, NULL);
    return true;
}

bool cb_curated_prepare(const struct cb_curated_type *type, struct cb_table **table, struct cb_error *err)
{
    if (!check_class(type, *table, err))
        return false;
    for (size_t i = 0; i < COUNT(preparations); i++)
        if (strcmp(preparations[i].storage_class, type->storage_class) == 0)
            return preparations[i].prepare(table, err);
    return cb_fail(err, CB_ERR_FATAL, "nobody knows the tables of storage class \"%s\"", type->storage_class);
}

void cb_curated_prepare_second(const struct cb_curated_type *type, const struct cb_table *table,
                               struct cb_table *second)
{
    if (strcmp(type->storage_class, "BrighterFatterKernel") != 0)
        return;
    cb_header_free(second->meta);
    second->meta = cb_header_copy(table->meta);
}
