/* Writes a table as calibration classes of ip_isr are kept. */
#include "io/fits_table.h"

#include "io/file.h"
#include "io/fits_record.h"

#include <stdio.h>
#include <string.h>

#define FILE_SIZE_MAX ((size_t)1 << 31)

static void add_word(struct cb_bytes *out, uint64_t value)
{
    value = __builtin_bswap64(value);
    cb_bytes_add(out, &value, sizeof value);
}

static void add_text(struct cb_bytes *out, const char *text, size_t width)
{
    size_t length = text != NULL ? strlen(text) : 0;
    cb_bytes_add(out, text != NULL ? text : "", length);
    for (; length < width; length++)
        cb_bytes_add(out, "", 1);
}

/* Characters of the longest text of a column, at least 1. */
static size_t longest(const struct cb_table_column *column, size_t rows)
{
    size_t width = 1;
    for (size_t i = 0; column->texts != NULL && i < rows * column->width; i++)
        if (column->texts[i] != NULL && strlen(column->texts[i]) > width)
            width = strlen(column->texts[i]);
    return width;
}

static void add_value(struct cb_bytes *out, const struct cb_table_column *column, size_t rows, size_t at)
{
    uint64_t bits = 0;
    switch (column->kind) {
    case CB_TABLE_INT:
        add_word(out, (uint64_t)column->ints[at]);
        break;
    case CB_TABLE_REAL:
        memcpy(&bits, &column->reals[at], sizeof bits);
        add_word(out, bits);
        break;
    case CB_TABLE_BOOL:
        cb_bytes_add(out, column->bools[at] ? "T" : "F", 1);
        break;
    case CB_TABLE_TEXT:
        add_text(out, column->texts[at], longest(column, rows));
        break;
    }
}

static void describe(const struct cb_table *table, struct cb_header *cards)
{
    static const char letters[] = {
        [CB_TABLE_INT] = 'K', [CB_TABLE_REAL] = 'D', [CB_TABLE_BOOL] = 'L', [CB_TABLE_TEXT] = 'A'
    };
    for (size_t c = 0; c < table->columns; c++) {
        const struct cb_table_column *column = &table->column[c];
        bool is_text = column->kind == CB_TABLE_TEXT;
        size_t repeat = is_text ? longest(column, table->rows) : column->width;
        char key[32], value[32];
        snprintf(key, sizeof key, "TTYPE%zu", c + 1);
        cb_header_set_string(cards, key, column->name, NULL);
        snprintf(key, sizeof key, "TFORM%zu", c + 1);
        if (is_text || repeat != 1)
            snprintf(value, sizeof value, "%zu%c", repeat, letters[column->kind]);
        else
            snprintf(value, sizeof value, "%c", letters[column->kind]);
        cb_header_set_string(cards, key, value, NULL);
        snprintf(key, sizeof key, "TDIM%zu", c + 1);
        snprintf(value, sizeof value, "(%zu)", repeat);
        if (column->is_array)
            cb_header_set_string(cards, key, value, NULL);
        snprintf(key, sizeof key, "TUNIT%zu", c + 1);
        if (column->unit[0] != '\0')
            cb_header_set_string(cards, key, column->unit, NULL);
    }
}

static size_t row_bytes(const struct cb_table *table)
{
    size_t size = 0;
    for (size_t c = 0; c < table->columns; c++) {
        const struct cb_table_column *column = &table->column[c];
        size += column->kind == CB_TABLE_TEXT   ? longest(column, table->rows)
                : column->kind == CB_TABLE_BOOL ? column->width
                                                : 8 * column->width;
    }
    return size;
}

static bool add_table_header(struct cb_bytes *out, const struct cb_table *table, struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *cards = cb_header_new();
    cb_header_set_string(cards, "XTENSION", "BINTABLE", "binary table extension");
    cb_header_set_int(cards, "BITPIX", 8, "array data type");
    cb_header_set_int(cards, "NAXIS", 2, "number of array dimensions");
    cb_header_set_int(cards, "NAXIS1", (int64_t)row_bytes(table), "length of dimension 1");
    cb_header_set_int(cards, "NAXIS2", (int64_t)table->rows, "length of dimension 2");
    cb_header_set_int(cards, "PCOUNT", 0, "number of group parameters");
    cb_header_set_int(cards, "GCOUNT", 1, "number of groups");
    cb_header_set_int(cards, "TFIELDS", (int64_t)table->columns, "number of table fields");
    describe(table, cards);
    if (!cb_fits_add_cards(out, cards, err) || !cb_fits_add_content(out, table->meta, err))
        return false;
    cb_fits_end_header(out);
    return true;
}

static bool add_table(struct cb_bytes *out, const struct cb_table *table, struct cb_error *err)
{
    if (!add_table_header(out, table, err))
        return false;
    for (size_t row = 0; row < table->rows; row++)
        for (size_t c = 0; c < table->columns; c++)
            for (size_t i = 0; i < table->column[c].width; i++)
                add_value(out, &table->column[c], table->rows, row * table->column[c].width + i);
    while (out->size % CB_FITS_BLOCK != 0 && cb_bytes_ok(out))
        cb_bytes_add(out, "", 1);
    return true;
}

bool cb_fits_tables_write(const char *path, const struct cb_table *const *tables, size_t n,
                          struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes out = CB_BYTES(FILE_SIZE_MAX);
    bool ok = cb_fits_add_empty_primary(&out, err);
    for (size_t i = 0; ok && i < n; i++)
        ok = add_table(&out, tables[i], err);
    if (!ok)
        return cb_context(err, "cannot write \"%s\"", path);
    if (!cb_bytes_ok(&out))
        return cb_fail(err, CB_ERR_INVALID, "table \"%s\" has more than %zu bytes", path, FILE_SIZE_MAX);
    return cb_file_make_parents(path, err) && cb_file_replace(path, out.data, out.size, err);
}

bool cb_fits_table_write(const char *path, const struct cb_table *table, struct cb_error *err)
{
    return cb_fits_tables_write(path, &table, 1, err);
}
