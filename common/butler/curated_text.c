/* Reads curated calibrations as YAML or JSON. */
#include "butler/curated_text.h"

#include "base/alloc.h"
#include "io/yaml.h"

#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A file that is being read. */
struct text {
    struct cb_yaml *yaml;
    const struct cb_yaml_node *root;
    struct cb_error *err;
};

/* Where a column is in the dictionary, and what it is called in the table. */
struct entry {
    const char *key, *column;
    enum cb_table_kind kind;
    bool is_array;
    bool is_needed;
};

/* ---- values ---- */

static size_t count_values(const struct cb_yaml_node *node)
{
    size_t n = 0;
    if (node->kind != CB_YAML_SEQUENCE)
        return 1;
    for (size_t i = 0; i < node->count; i++)
        n += count_values(node->item[i]);
    return n;
}

/* JSON of Python writes what is no number as NaN and Infinity. */
static bool read_real(const struct cb_yaml_node *node, double *ret_value)
{
    static const struct {
        const char *text;
        double value;
    } words[] = { { "NaN", NAN }, { "nan", NAN }, { "Infinity", INFINITY }, { "-Infinity", -INFINITY } };
    const char *text = cb_yaml_text(node);
    for (size_t i = 0; text != NULL && i < COUNT(words); i++)
        if (strcmp(text, words[i].text) == 0) {
            *ret_value = words[i].value;
            return true;
        }
    return cb_yaml_real(node, ret_value);
}

static bool read_value(const struct cb_yaml_node *node, struct cb_table_column *column, size_t at)
{
    bool truth;
    switch (column->kind) {
    case CB_TABLE_INT: /* of the validity of an amplifier a flag or a number */
        if (cb_yaml_bool(node, &truth)) {
            column->ints[at] = truth;
            return true;
        }
        return cb_yaml_int(node, &column->ints[at]);
    case CB_TABLE_REAL:
        return read_real(node, &column->reals[at]);
    case CB_TABLE_BOOL:
        return cb_yaml_bool(node, &column->bools[at]);
    case CB_TABLE_TEXT:
        column->texts[at] = cb_xstrdup(cb_yaml_text(node));
        return column->texts[at] != NULL;
    }
    return false;
}

/* All values of a list, lists in it too (a matrix by rows), from *at on. */
static bool read_values(const struct text *text, const struct cb_yaml_node *node,
                        struct cb_table_column *column, size_t *at)
{
    if (node->kind == CB_YAML_SEQUENCE) {
        for (size_t i = 0; i < node->count; i++)
            if (!read_values(text, node->item[i], column, at))
                return false;
        return true;
    }
    return read_value(node, column, (*at)++) ||
           cb_yaml_fail(text->yaml, node, text->err, "the value is no %s",
                        column->kind == CB_TABLE_BOOL  ? "flag"
                        : column->kind == CB_TABLE_INT ? "whole number"
                                                       : "number");
}

/* ---- metadata ---- */

static void set_card(struct cb_header *meta, const char *key, const struct cb_yaml_node *value,
                     const char *comment)
{
    int64_t integer;
    double real;
    bool truth;
    if (cb_yaml_is_null(value))
        cb_header_set_undefined(meta, key, comment);
    else if (!value->quoted && cb_yaml_int(value, &integer))
        cb_header_set_int(meta, key, integer, comment);
    else if (!value->quoted && cb_yaml_real(value, &real))
        cb_header_set_double(meta, key, real, comment);
    else if (!value->quoted && cb_yaml_bool(value, &truth))
        cb_header_set_bool(meta, key, truth, comment);
    else
        cb_header_set_string(meta, key, cb_yaml_text(value), comment);
}

/* A map, or daf_base's list of [key, type, value, comment]. A pair of values is one and its comment. */
static bool read_meta(const struct text *text, struct cb_header *meta)
{
    const struct cb_yaml_node *node = cb_yaml_get(text->root, "metadata");
    if (node == NULL || node->kind == CB_YAML_SCALAR)
        return cb_yaml_fail(text->yaml, text->root, text->err, "there is no metadata");
    for (size_t i = 0; i < node->count; i++) {
        bool is_list = node->kind == CB_YAML_SEQUENCE;
        const struct cb_yaml_node *item = is_list ? node->item[i] : NULL;
        if (is_list && (item->kind != CB_YAML_SEQUENCE || item->count < 3))
            return cb_yaml_fail(text->yaml, item, text->err, "metadata are no list of key, type, value");
        const char *key = is_list ? cb_yaml_text(item->item[0]) : cb_yaml_key(node, i);
        const struct cb_yaml_node *value = is_list ? item->item[2] : cb_yaml_value(node, i);
        if (key == NULL || key[0] == '\0')
            return cb_yaml_fail(text->yaml, node, text->err, "a key of the metadata is no text");
        if (value->kind == CB_YAML_SEQUENCE && value->count > 0)
            value = value->item[0];
        if (value->kind != CB_YAML_SCALAR)
            return cb_yaml_fail(text->yaml, value, text->err, "metadata \"%s\" is no single value", key);
        set_card(meta, key, value, NULL);
    }
    return true;
}

/* ---- tables ---- */

static bool need(const struct text *text, const struct cb_yaml_node *map, const char *key,
                 const struct cb_yaml_node **ret_node)
{
    *ret_node = cb_yaml_get(map, key);
    return *ret_node != NULL || cb_yaml_fail(text->yaml, map, text->err, "%s is missing", key);
}

/* A list of one value a row. */
static bool read_rows(const struct text *text, const struct entry *entry, struct cb_table *table)
{
    const struct cb_yaml_node *list;
    size_t at = 0;
    if (!need(text, text->root, entry->key, &list))
        return false;
    size_t n = list->kind == CB_YAML_SEQUENCE ? count_values(list) : SIZE_MAX;
    if (table->columns == 0 && n <= CB_TABLE_ROWS_MAX)
        table->rows = n;
    if (n != table->rows)
        return cb_yaml_fail(text->yaml, list, text->err, "%s is no list of %zu values", entry->key,
                            table->rows);
    return read_values(text, list, cb_table_add(table, entry->column, entry->kind, false, 1), &at);
}

/* A list that is the only cell of its column. */
static bool read_cell(const struct text *text, const struct entry *entry, struct cb_table *table)
{
    const struct cb_yaml_node *list = cb_yaml_get(text->root, entry->key);
    size_t at = 0;
    if (list == NULL)
        return !entry->is_needed || need(text, text->root, entry->key, &list);
    size_t n = count_values(list);
    if (n == 0 || n > CB_TABLE_VALUES_MAX)
        return cb_yaml_fail(text->yaml, list, text->err, "%s is an empty list", entry->key);
    return read_values(text, list, cb_table_add(table, entry->column, entry->kind, true, n), &at);
}

/* A map from the name of each row to its cell; all of the same length. */
static bool read_by_name(const struct text *text, const struct entry *entry, struct cb_table *table,
                         const char *const *names)
{
    const struct cb_yaml_node *map, *cell;
    size_t at = 0, width = 0;
    if (!need(text, text->root, entry->key, &map))
        return false;
    for (size_t row = 0; row < table->rows; row++) {
        if (!need(text, map, names[row], &cell))
            return false;
        if (row == 0)
            width = count_values(cell);
        if (width == 0 || width > CB_TABLE_VALUES_MAX / (table->rows + 1) || count_values(cell) != width ||
            (!entry->is_array && width != 1))
            return cb_yaml_fail(text->yaml, cell, text->err, "%s of %s has %zu values, not %zu", entry->key,
                                names[row], count_values(cell), entry->is_array ? width : 1);
    }
    struct cb_table_column *column =
        cb_table_add(table, entry->column, entry->kind, entry->is_array, width > 0 ? width : 1);
    for (size_t row = 0; row < table->rows; row++)
        if (!read_values(text, cb_yaml_get(map, names[row]), column, &at))
            return false;
    return true;
}

/* The names of rows, which are the keys of a map. */
static bool read_names(const struct text *text, const char *key, const char *column, struct cb_table *table)
{
    const struct cb_yaml_node *map = cb_yaml_get(text->root, key);
    if (map == NULL || map->kind != CB_YAML_MAPPING || map->count > CB_TABLE_ROWS_MAX)
        return cb_yaml_fail(text->yaml, text->root, text->err, "%s is no map of amplifiers", key);
    table->rows = map->count;
    struct cb_table_column *names = cb_table_add(table, column, CB_TABLE_TEXT, false, 1);
    for (size_t i = 0; i < map->count; i++) {
        if (cb_yaml_key(map, i) == NULL)
            return cb_yaml_fail(text->yaml, map, text->err, "a key of %s is no text", key);
        names->texts[i] = cb_xstrdup(cb_yaml_key(map, i));
    }
    return true;
}

/* ---- classes ---- */

static bool read_defects(const struct text *text, struct cb_table *table, struct cb_table **second)
{
    static const struct entry entries[] = {
        { "x0", "x0", CB_TABLE_INT, false, true },
        { "y0", "y0", CB_TABLE_INT, false, true },
        { "width", "width", CB_TABLE_INT, false, true },
        { "height", "height", CB_TABLE_INT, false, true },
    };
    (void)second;
    for (size_t i = 0; i < COUNT(entries); i++)
        if (!read_rows(text, &entries[i], table))
            return false;
    return true;
}

/* Tables beside the first: "" where the dictionary has none. */
static bool read_others(const struct text *text, const struct entry *entry, const char *name_column,
                        struct cb_table **second)
{
    const struct cb_yaml_node *map = cb_yaml_get(text->root, entry->key);
    if (cb_yaml_is_null(map) || (map->kind == CB_YAML_MAPPING && map->count == 0))
        return true;
    *second = cb_table_new();
    if (!read_names(text, entry->key, name_column, *second))
        return false;
    return read_by_name(text, entry, *second, (const char *const *)(*second)->column[0].texts);
}

/* Some facts stand beside the metadata or in them. */
static void lift(const struct text *text, const char *key, const char *card, struct cb_header *meta)
{
    const struct cb_yaml_node *value = cb_yaml_get(text->root, key);
    if (value != NULL && value->kind == CB_YAML_SCALAR)
        set_card(meta, card, value, NULL);
}

static bool read_crosstalk(const struct text *text, struct cb_table *table, struct cb_table **second)
{
    static const struct entry entries[] = {
        { "coeffs", "CT_COEFFS", CB_TABLE_REAL, true, true },
        { "coeffErr", "CT_ERRORS", CB_TABLE_REAL, true, false },
        { "coeffNum", "CT_COUNTS", CB_TABLE_INT, true, false },
        { "coeffValid", "CT_VALID", CB_TABLE_BOOL, true, false },
        { "coeffsSqr", "CT_COEFFS_SQR", CB_TABLE_REAL, true, false },
        { "coeffErrSqr", "CT_ERRORS_SQR", CB_TABLE_REAL, true, false },
        { "ampGainRatios", "CT_AMP_GAIN_RATIOS", CB_TABLE_REAL, true, false },
        { "fitGains", "CT_FIT_GAINS", CB_TABLE_REAL, true, false },
    };
    static const struct entry others = { "interChip", "IC_COEFFS", CB_TABLE_REAL, true, true };
    const char *units = "adu"; /* the text's own default, whatever its version */
    table->rows = 1;
    lift(text, "hasCrosstalk", "HAS_CROSSTALK", table->meta);
    lift(text, "nAmp", "NAMP", table->meta);
    lift(text, "crosstalkRatiosUnits", "CROSSTALK_RATIOS_UNITS", table->meta);
    if (!cb_header_get_string(table->meta, "CROSSTALK_RATIOS_UNITS", &units))
        cb_header_set_string(table->meta, "CROSSTALK_RATIOS_UNITS", units, NULL);
    for (size_t i = 0; i < COUNT(entries); i++)
        if (!read_cell(text, &entries[i], table))
            return false;
    return read_others(text, &others, "IC_SOURCE_DET", second);
}

static bool read_bfk(const struct text *text, struct cb_table *table, struct cb_table **second)
{
    static const struct entry entries[] = {
        { "rawXcorrs", "RAW_XCORRS", CB_TABLE_REAL, true, true },
        { "gain", "GAIN", CB_TABLE_REAL, false, true },
        { "noise", "NOISE", CB_TABLE_REAL, false, true },
        { "meanXcorrs", "MEAN_XCORRS", CB_TABLE_REAL, true, true },
        { "ampKernels", "KERNEL", CB_TABLE_REAL, true, true },
        { "valid", "VALID", CB_TABLE_INT, false, true },
    };
    static const struct entry used[] = { /* version 1.0 */
                                         { "means", "MEANS", CB_TABLE_REAL, true, true },
                                         { "variances", "VARIANCES", CB_TABLE_REAL, true, true }
    };
    static const struct entry all[] = { /* version 1.1 */
                                        { "expIdMask", "EXP_ID_MASK", CB_TABLE_BOOL, true, true },
                                        { "rawMeans", "RAW_MEANS", CB_TABLE_REAL, true, true },
                                        { "rawVariances", "RAW_VARIANCES", CB_TABLE_REAL, true, true }
    };
    static const struct entry others = { "detKernels", "KERNEL", CB_TABLE_REAL, true, true };
    bool is_old = cb_yaml_get(text->root, "rawMeans") == NULL;
    const struct entry *first = is_old ? used : all;
    size_t n_first = is_old ? COUNT(used) : COUNT(all);
    if (!read_names(text, "rawXcorrs", "AMPLIFIER", table))
        return false;
    for (size_t i = 0; i < n_first; i++)
        if (!read_by_name(text, &first[i], table, (const char *const *)table->column[0].texts))
            return false;
    for (size_t i = 0; i < COUNT(entries); i++)
        if (!read_by_name(text, &entries[i], table, (const char *const *)table->column[0].texts))
            return false;
    return read_others(text, &others, "DETECTOR", second);
}

static const struct {
    const char *storage_class;
    bool (*read)(const struct text *text, struct cb_table *table, struct cb_table **second);
} classes[] = {
    { "Defects", read_defects },
    { "CrosstalkCalib", read_crosstalk },
    { "BrighterFatterKernel", read_bfk },
};

bool cb_curated_text_read(const char *path, const struct cb_curated_type *type, struct cb_table **ret_table,
                          struct cb_table **ret_second, struct cb_error *err)
{
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    cb_auto(cb_table_free) struct cb_table *table = cb_table_new(), *second = NULL;
    size_t i = 0;
    while (i < COUNT(classes) && strcmp(classes[i].storage_class, type->storage_class) != 0)
        i++;
    if (i == COUNT(classes))
        return cb_fail(err, CB_ERR_INVALID, "a %s is read as ECSV only, not \"%s\"", type->name, path);
    if (!cb_yaml_read(path, &yaml, err))
        return false;
    const struct text text = { yaml, cb_yaml_root(yaml), err };
    if (text.root == NULL || text.root->kind != CB_YAML_MAPPING)
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is no dictionary of a calibration", path);
    if (!read_meta(&text, table->meta))
        return false;
    lift(&text, "CALIBCLS", "CALIBCLS", table->meta);
    if (!classes[i].read(&text, table, &second))
        return false;
    *ret_table = cb_steal(table);
    *ret_second = cb_steal(second);
    return true;
}
