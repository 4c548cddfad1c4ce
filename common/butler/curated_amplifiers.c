/* What curated tables of amplifiers and of wavelengths must have. */
#include "butler/curated_amplifiers.h"

#include "base/alloc.h"
#include "butler/curated_layout.h"

#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool has_rows(const struct cb_table *table, const char *what, struct cb_error *err)
{
    return table->rows > 0 || cb_fail(err, CB_ERR_INVALID, "a %s has no rows", what);
}

/* ---- brighter-fatter kernels ---- */

/* Version 1.0 kept only what was used: all of it is. */
static bool modernise_bfk(struct cb_table *table, struct cb_error *err)
{
    struct cb_table_column *means = cb_table_find(table, "MEANS"),
                           *variances = cb_table_find(table, "VARIANCES");
    if (means == NULL || variances == NULL)
        return cb_fail(err, CB_ERR_INVALID, "columns \"MEANS\" and \"VARIANCES\" of version 1.0 are missing");
    free(means->name);
    free(variances->name);
    means->name = cb_xstrdup("RAW_MEANS");
    variances->name = cb_xstrdup("RAW_VARIANCES");
    size_t width = means->width;
    struct cb_table_column *mask = cb_table_add(table, "EXP_ID_MASK", CB_TABLE_BOOL, true, width);
    memset(mask->bools, 1, table->rows * width * sizeof *mask->bools);
    return true;
}

/* Kernels are KERNEL_DX x KERNEL_DY; of N pairs of exposures correlations of a quarter of that are kept. */
static bool arrange_bfk(struct cb_table **table, struct cb_error *err)
{
    int64_t dx = 0, dy = 0;
    struct cb_header *meta = (*table)->meta;
    const struct cb_table_column *means = cb_table_find(*table, "RAW_MEANS");
    if (!cb_header_get_int(meta, "KERNEL_DX", &dx) || !cb_header_get_int(meta, "KERNEL_DY", &dy) || dx < 1 ||
        dy < 1 || dx > 999 || dy > 999)
        return cb_fail(err, CB_ERR_INVALID, "KERNEL_DX or KERNEL_DY is missing or no size of a kernel");
    const size_t pairs = means != NULL ? means->width : 0, kernel = (size_t)(dx * dy);
    const size_t correlations = pairs * (size_t)((dx - 1) * (dy - 1) / 4);
    const struct cb_curated_column columns[] = {
        { "AMPLIFIER", CB_TABLE_TEXT, false, true, 1, 0 },
        { "EXP_ID_MASK", CB_TABLE_BOOL, true, true, pairs, 0 },
        { "RAW_MEANS", CB_TABLE_REAL, true, true, pairs, 0 },
        { "RAW_VARIANCES", CB_TABLE_REAL, true, true, pairs, 0 },
        { "RAW_XCORRS", CB_TABLE_REAL, true, true, correlations, 0 },
        { "GAIN", CB_TABLE_REAL, false, true, 1, 0 },
        { "NOISE", CB_TABLE_REAL, false, true, 1, 0 },
        { "MEAN_XCORRS", CB_TABLE_REAL, true, true, kernel, 0 },
        { "KERNEL", CB_TABLE_REAL, true, true, kernel, 0 },
        { "VALID", CB_TABLE_INT, false, true, 1, 0 },
    };
    return cb_curated_arrange(table, columns, COUNT(columns), err);
}

bool cb_curated_prepare_bfk(struct cb_table **table, struct cb_error *err)
{
    double version = 0;
    if (!has_rows(*table, "brighter-fatter kernel", err))
        return false;
    if (!cb_header_get_double((*table)->meta, "bfk_VERSION", &version) || (version != 1.0 && version != 1.1))
        return cb_fail(err, CB_ERR_INVALID, "bfk_VERSION is neither 1.0 nor 1.1");
    if ((version == 1.0 && !modernise_bfk(*table, err)) || !arrange_bfk(table, err))
        return false;
    struct cb_header *meta = (*table)->meta;
    if (cb_header_find(meta, "LEVEL") == NULL)
        cb_header_set_string(meta, "LEVEL", "AMP", NULL);
    cb_curated_set_none(meta, CB_CURATED_NONE_UNDEFINED);
    cb_header_set_string(meta, "OBSTYPE", "bfk", NULL);
    cb_header_set_string(meta, "bfk_SCHEMA", "Brighter-fatter kernel", NULL);
    cb_header_set_double(meta, "bfk_VERSION", 1.1, NULL);
    return true;
}

/* ---- linearizers ---- */

static const struct cb_curated_column linearizer_columns[] = {
    { "AMPLIFIER_NAME", CB_TABLE_TEXT, false, true, 1, 0 },
    { "INPUT_GAIN", CB_TABLE_REAL, false, false, 1, NAN },
    { "INPUT_TURNOFF", CB_TABLE_REAL, false, false, 1, INFINITY },
    { "TYPE", CB_TABLE_TEXT, false, true, 1, 0 },
    { "COEFFS", CB_TABLE_REAL, true, true, 0, 0 },
    { "BBOX_X0", CB_TABLE_INT, false, true, 1, 0 },
    { "BBOX_Y0", CB_TABLE_INT, false, true, 1, 0 },
    { "BBOX_DX", CB_TABLE_INT, false, true, 1, 0 },
    { "BBOX_DY", CB_TABLE_INT, false, true, 1, 0 },
    { "INP_ABSCISSA", CB_TABLE_REAL, true, false, 0, 0 },
    { "INP_ORDINATE", CB_TABLE_REAL, true, false, 0, 0 },
    { "INP_MASK", CB_TABLE_BOOL, true, false, 0, 0 },
    { "INP_GROUPING_INDEX", CB_TABLE_INT, true, false, 0, 0 },
    { "INP_NORMALIZATION", CB_TABLE_REAL, true, false, 0, 1 },
    { "FIT_PARAMS", CB_TABLE_REAL, true, false, 0, 0 },
    { "FIT_PARAMS_ERR", CB_TABLE_REAL, true, false, 0, 0 },
    { "RED_CHI_SQ", CB_TABLE_REAL, false, false, 1, NAN },
    { "FIT_RES", CB_TABLE_REAL, true, false, 0, 0 },
    { "FIT_RES_SIGMAD", CB_TABLE_REAL, false, false, 1, NAN },
    { "FIT_RES_UNMASKED", CB_TABLE_REAL, true, false, 0, 0 },
    { "FIT_RES_MODEL", CB_TABLE_REAL, true, false, 0, 0 },
    { "LIN_FIT", CB_TABLE_REAL, true, false, 0, 0 },
    { "LINEARITY_TURNOFF", CB_TABLE_REAL, false, false, 1, NAN },
    { "LINEARITY_MAX_SIGNAL", CB_TABLE_REAL, false, false, 1, NAN },
    { "ABS_REF_AMP", CB_TABLE_TEXT, false, false, 1, 0 },
};

static bool check_solutions(const struct cb_table *table, struct cb_error *err)
{
    static const char *const known[] = { "None",   "Squared",      "Polynomial",  "LookupTable",
                                         "Spline", "DoubleSpline", "Proportional" };
    const struct cb_table_column *name = cb_table_find(table, "AMPLIFIER_NAME"),
                                 *type = cb_table_find(table, "TYPE");
    for (size_t row = 0; row < table->rows; row++) {
        bool is_known = false;
        for (size_t i = 0; i < COUNT(known); i++)
            is_known = is_known || strcmp(known[i], type->texts[row]) == 0;
        if (!is_known)
            return cb_fail(err, CB_ERR_INVALID, "amplifier %s: there is no linearizer of type \"%.40s\"",
                           name->texts[row], type->texts[row]);
        if (strcmp(type->texts[row], "LookupTable") == 0)
            return cb_fail(err, CB_ERR_INVALID,
                           "amplifier %s: a look-up table is not in ECSV; bring it by import",
                           name->texts[row]);
    }
    return true;
}

bool cb_curated_prepare_linearizer(struct cb_table **table, struct cb_error *err)
{
    bool has;
    const char *units;
    if (!has_rows(*table, "linearizer", err) ||
        !cb_curated_arrange(table, linearizer_columns, COUNT(linearizer_columns), err) ||
        !check_solutions(*table, err))
        return false;
    struct cb_header *meta = (*table)->meta;
    if (!cb_header_get_bool(meta, "HAS_LINEARITY", &has) || !has)
        return cb_fail(err, CB_ERR_INVALID, "HAS_LINEARITY is missing or false");
    if (!cb_header_get_string(meta, "LINEARITY_UNITS", &units))
        cb_header_set_string(meta, "LINEARITY_UNITS", "adu", NULL);
    if (cb_header_find(meta, "OVERRIDE") == NULL)
        cb_header_set_bool(meta, "OVERRIDE", true, NULL);
    cb_curated_set_none(meta, CB_CURATED_NONE_UNDEFINED);
    cb_header_set_bool(meta, "HAS_TABLE", false, NULL);
    cb_header_set_string(meta, "OBSTYPE", "LINEARIZER", NULL);
    cb_header_set_string(meta, "LINEARIZER_SCHEMA", "Gen3 Linearizer", NULL);
    cb_header_set_double(meta, "LINEARIZER_VERSION", 1.8, NULL);
    return true;
}

/* ---- curves over wavelength ---- */

static bool is_one_of(const char *text, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, list[i]) == 0)
            return true;
    return false;
}

/* As the FITS standard spells a unit. */
static void set_unit(struct cb_table_column *column, const char *unit)
{
    free(column->unit);
    column->unit = cb_xstrdup(unit);
}

static bool check_wavelength(struct cb_table *table, struct cb_error *err)
{
    static const char *const lengths[][2] = { { "nm", "nm" },     { "Angstrom", "Angstrom" },
                                              { "um", "um" },     { "angstrom", "Angstrom" },
                                              { "micron", "um" }, { "m", "m" } };
    struct cb_table_column *wavelength = cb_table_find(table, "wavelength");
    for (size_t i = 0; i < COUNT(lengths); i++)
        if (strcmp(wavelength->unit, lengths[i][0]) == 0) {
            set_unit(wavelength, lengths[i][1]);
            return true;
        }
    return cb_fail(err, CB_ERR_INVALID, "the unit of column \"wavelength\" is no length");
}

bool cb_curated_prepare_qe(struct cb_table **table, struct cb_error *err)
{
    static const struct cb_curated_column columns[] = {
        { "amp_name", CB_TABLE_TEXT, false, true, 1, 0 },
        { "wavelength", CB_TABLE_REAL, false, true, 1, 0 },
        { "efficiency", CB_TABLE_REAL, false, true, 1, 0 },
    };
    const char *mode = "";
    if (!cb_header_get_string((*table)->meta, "MODE", &mode) ||
        (strcmp(mode, "AMP") != 0 && strcmp(mode, "DETECTOR") != 0))
        return cb_fail(err, CB_ERR_INVALID, "MODE is neither AMP nor DETECTOR");
    const size_t first = strcmp(mode, "AMP") == 0 ? 0 : 1;
    if (!has_rows(*table, "quantum efficiency", err) ||
        !cb_curated_arrange(table, columns + first, COUNT(columns) - first, err) ||
        !check_wavelength(*table, err))
        return false;
    if (strcmp(cb_table_find(*table, "efficiency")->unit, "%") != 0)
        return cb_fail(err, CB_ERR_INVALID, "the unit of column \"efficiency\" is not %%");
    /* FITS has no percent: readers take this for it, and refuse any other unit */
    set_unit(cb_table_find(*table, "efficiency"), "10**-2");
    cb_header_set_string((*table)->meta, "TYPE", "QE", NULL);
    return true;
}

#define AMPS_MAX 64 /* more than any detector has */

/* How many samples each amplifier has, in the order in which they come. */
struct samples {
    size_t n;
    struct {
        const char *amp;
        size_t rows, seen;
    } of[AMPS_MAX];
    double *first; /* wavelengths of the first amplifier */
};

/* The place of an amplifier, AMPS_MAX when there is no room. */
static size_t place_of(struct samples *it, const char *amp)
{
    size_t i = 0;
    while (i < it->n && strcmp(it->of[i].amp, amp) != 0)
        i++;
    if (i == it->n && i < AMPS_MAX)
        it->of[it->n++].amp = amp;
    return i;
}

/* Curves of amplifiers are averaged, so all must be sampled alike. */
static bool compare_samples(struct samples *it, const struct cb_table *table, char *const *amps,
                            struct cb_error *err)
{
    const double *wavelength = cb_table_find(table, "wavelength")->reals;
    for (size_t row = 0; row < table->rows; row++) {
        size_t i = place_of(it, amps[row]);
        if (i == AMPS_MAX)
            return cb_fail(err, CB_ERR_INVALID, "there are more than %d amplifiers", AMPS_MAX);
        if (i == 0)
            it->first[it->of[0].rows] = wavelength[row];
        it->of[i].rows++;
    }
    for (size_t row = 0; row < table->rows; row++) {
        size_t i = place_of(it, amps[row]);
        if (it->of[i].rows != it->of[0].rows || it->first[it->of[i].seen++] != wavelength[row])
            return cb_fail(err, CB_ERR_INVALID, "the wavelengths of amplifiers %s and %s differ",
                           it->of[0].amp, it->of[i].amp);
    }
    return true;
}

static bool check_samples(const struct cb_table *table, struct cb_error *err)
{
    const struct cb_table_column *amp = cb_table_find(table, "amp_name");
    cb_auto(cb_free) double *first = cb_xalloc_array(table->rows + 1, sizeof *first);
    struct samples samples = { .first = first };
    return amp == NULL || compare_samples(&samples, table, amp->texts, err);
}

bool cb_curated_check_transmission(struct cb_table **table, struct cb_error *err)
{
    static const char *const fractions[] = { "%", "-", "" };
    struct cb_table_column *wavelength = cb_table_find(*table, "wavelength"),
                           *amp = cb_table_find(*table, "amp_name");
    const char *name = cb_table_find(*table, "efficiency") != NULL ? "efficiency" : "throughput";
    struct cb_table_column *value = cb_table_find(*table, name);
    if (wavelength == NULL || value == NULL)
        return cb_fail(err, CB_ERR_INVALID, "column \"%s\" is missing",
                       wavelength == NULL ? "wavelength" : "throughput");
    if (!cb_table_convert(wavelength, (*table)->rows, CB_TABLE_REAL) || wavelength->is_array ||
        !cb_table_convert(value, (*table)->rows, CB_TABLE_REAL) || value->is_array ||
        (amp != NULL && amp->kind != CB_TABLE_TEXT))
        return cb_fail(err, CB_ERR_INVALID,
                       "column \"wavelength\", \"%s\" or \"amp_name\" is of the wrong type", name);
    if (!is_one_of(value->unit, fractions, COUNT(fractions)))
        return cb_fail(err, CB_ERR_INVALID, "the unit of column \"%s\" is neither %% nor none", name);
    return has_rows(*table, "transmission curve", err) && check_wavelength(*table, err) &&
           check_samples(*table, err);
}
