/* What a table of a curated type must have, and how it is stored. */
#include "butler/curated_tables.h"

#include "base/alloc.h"
#include "calib/defect_boxes.h"

#include <string.h>

#define AMPS_MAX 64 /* more than any detector has */

static bool need(const struct cb_table *table, const char *name, enum cb_table_kind kind,
                 struct cb_table_column **ret_column, struct cb_error *err)
{
    struct cb_table_column *column = cb_table_find(table, name);
    if (column == NULL)
        return cb_fail(err, CB_ERR_INVALID, "column \"%s\" is missing", name);
    if (column->kind != kind)
        return cb_fail(err, CB_ERR_INVALID, "column \"%s\" is of the wrong type", name);
    *ret_column = column;
    return true;
}

/* ---- defects ---- */

static bool need_box(const struct cb_table *table, struct cb_table_column *ret_columns[4],
                     struct cb_error *err)
{
    static const char *const names[] = { "x0", "y0", "width", "height" };
    for (size_t i = 0; i < 4; i++) {
        if (!need(table, names[i], CB_TABLE_INT, &ret_columns[i], err))
            return false;
        if (ret_columns[i]->is_array)
            return cb_fail(err, CB_ERR_INVALID, "column \"%s\" holds lists", names[i]);
    }
    return true;
}

static bool prepare_defects(struct cb_table *table, struct cb_error *err)
{
    struct cb_table_column *c[4];
    if (!need_box(table, c, err))
        return false;
    cb_auto(cb_free) struct cb_defect_box *given = cb_xalloc_array(table->rows + 1, sizeof *given);
    cb_auto(cb_free) struct cb_defect_box *boxes = NULL;
    size_t n;
    for (size_t i = 0; i < table->rows; i++)
        given[i] = (struct cb_defect_box){ c[0]->ints[i], c[1]->ints[i], c[2]->ints[i], c[3]->ints[i] };
    if (!cb_defect_boxes_normalise(given, table->rows, &boxes, &n, err))
        return false;
    cb_table_resize(table, n);
    for (size_t i = 0; i < n; i++) {
        c[0]->ints[i] = boxes[i].x0;
        c[1]->ints[i] = boxes[i].y0;
        c[2]->ints[i] = boxes[i].width;
        c[3]->ints[i] = boxes[i].height;
    }
    cb_header_remove(table->meta, "FILTER"); /* the class drops what has no value */
    return true;
}

/* ---- crosstalk ---- */

static const struct {
    const char *name;
    enum cb_table_kind kind;
} crosstalk_columns[] = {
    { "CT_COEFFS", CB_TABLE_REAL },          { "CT_ERRORS", CB_TABLE_REAL },
    { "CT_COUNTS", CB_TABLE_INT },           { "CT_VALID", CB_TABLE_BOOL },
    { "CT_COEFFS_SQR", CB_TABLE_REAL },      { "CT_ERRORS_SQR", CB_TABLE_REAL },
    { "CT_AMP_GAIN_RATIOS", CB_TABLE_REAL },
};

static bool prepare_crosstalk(struct cb_table *table, struct cb_error *err)
{
    int64_t amps;
    double version;
    const char *units = "";
    struct cb_table_column *column;
    if (!cb_header_get_int(table->meta, "NAMP", &amps) || amps < 1 || amps > AMPS_MAX)
        return cb_fail(err, CB_ERR_INVALID, "NAMP is missing or no number of amplifiers");
    if (table->rows != 1)
        return cb_fail(err, CB_ERR_INVALID, "a crosstalk table has one row, not %zu", table->rows);
    for (size_t i = 0; i < sizeof crosstalk_columns / sizeof crosstalk_columns[0]; i++) {
        const char *name = crosstalk_columns[i].name;
        if (!need(table, name, crosstalk_columns[i].kind, &column, err))
            return false;
        if (column->width != (size_t)(amps * amps))
            return cb_fail(err, CB_ERR_INVALID, "column \"%s\" has %zu values, not NAMP^2 = %d", name,
                           column->width, (int)(amps * amps));
    }
    if (cb_table_find(table, "CT_FIT_GAINS") == NULL)
        cb_table_add(table, "CT_FIT_GAINS", CB_TABLE_REAL, true, (size_t)amps);
    bool old = cb_header_get_double(table->meta, "CROSSTALK_VERSION", &version) && version < 1.1;
    if (!cb_header_get_string(table->meta, "CROSSTALK_RATIOS_UNITS", &units)) {
        if (!old)
            return cb_fail(err, CB_ERR_INVALID, "CROSSTALK_RATIOS_UNITS is missing");
        cb_header_set_string(table->meta, "CROSSTALK_RATIOS_UNITS", "adu", NULL);
    }
    return true;
}

/* ---- others ---- */

static bool prepare_bfk(struct cb_table *table, struct cb_error *err)
{
    static const char *const reals[] = { "RAW_MEANS", "RAW_VARIANCES", "RAW_XCORRS", "GAIN",
                                         "NOISE",     "MEAN_XCORRS",   "KERNEL" };
    struct cb_table_column *column;
    if (!need(table, "AMPLIFIER", CB_TABLE_TEXT, &column, err) ||
        !need(table, "VALID", CB_TABLE_INT, &column, err))
        return false;
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++)
        if (!need(table, reals[i], CB_TABLE_REAL, &column, err))
            return false;
    if (table->rows == 0)
        return cb_fail(err, CB_ERR_INVALID, "a brighter-fatter kernel has no amplifier");
    return true;
}

static bool check_transmission(struct cb_table *table, struct cb_error *err)
{
    struct cb_table_column *column;
    const char *name = cb_table_find(table, "throughput") != NULL ? "throughput" : "efficiency";
    return need(table, "wavelength", CB_TABLE_REAL, &column, err) &&
           need(table, name, CB_TABLE_REAL, &column, err);
}

static const struct {
    const char *storage_class;
    bool (*prepare)(struct cb_table *table, struct cb_error *err);
} preparations[] = {
    { "Defects", prepare_defects },
    { "CrosstalkCalib", prepare_crosstalk },
    { "BrighterFatterKernel", prepare_bfk },
    { "TransmissionCurve", check_transmission },
};

static bool check_class(const struct cb_curated_type *type, struct cb_table *table, struct cb_error *err)
{
    const char *given;
    if (type->calib_class == NULL)
        return true;
    if (!cb_header_get_string(table->meta, "CALIBCLS", &given))
        cb_header_set_string(table->meta, "CALIBCLS", type->calib_class, NULL);
    else if (strcmp(given, type->calib_class) != 0)
        return cb_fail(err, CB_ERR_INVALID, "CALIBCLS is \"%.80s\", not \"%s\"", given, type->calib_class);
    return true;
}

bool cb_curated_prepare(const struct cb_curated_type *type, struct cb_table *table, struct cb_error *err)
{
    if (!check_class(type, table, err))
        return false;
    for (size_t i = 0; i < sizeof preparations / sizeof preparations[0]; i++)
        if (strcmp(preparations[i].storage_class, type->storage_class) == 0)
            return preparations[i].prepare(table, err);
    return true;
}
