/* Tables as the stock butler prints them. */
#include "butler_table.h"

#include "base/alloc.h"

#include <string.h>

struct butler_table {
    size_t columns, rows;
    char **names;
    bool *is_number;
    bool is_left;
    char **cells; /* rows * columns */
};

static void (*divert_to)(void *self, const struct butler_table *table);
static void *divert_self;

void butler_table_divert(void (*add)(void *self, const struct butler_table *table), void *self)
{
    divert_to = add;
    divert_self = self;
}

bool butler_table_is_diverted(void)
{
    return divert_to != NULL;
}

struct butler_table *butler_table_new(size_t columns, const char *const *names)
{
    struct butler_table *table = cb_xalloc(sizeof *table);
    table->columns = columns;
    table->names = cb_xalloc_array(columns + 1, sizeof *table->names);
    table->is_number = cb_xalloc_array(columns + 1, sizeof *table->is_number);
    for (size_t i = 0; i < columns; i++)
        table->names[i] = cb_xstrdup(names[i]);
    return table;
}

void butler_table_free(struct butler_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->columns; i++)
        free(table->names[i]);
    for (size_t i = 0; i < table->rows * table->columns; i++)
        free(table->cells[i]);
    free(table->names);
    free(table->is_number);
    free(table->cells);
    free(table);
}

void butler_table_add(struct butler_table *table, const char *const *cells)
{
    table->cells = cb_xrealloc_array(table->cells, (table->rows + 1) * table->columns, sizeof *table->cells);
    for (size_t i = 0; i < table->columns; i++)
        table->cells[table->rows * table->columns + i] = cb_xstrdup(cells[i]);
    table->rows++;
}

void butler_table_set_left(struct butler_table *table)
{
    table->is_left = true;
}

void butler_table_set_number(struct butler_table *table, size_t column)
{
    table->is_number[column] = true;
}

bool butler_table_is_number(const struct butler_table *table, size_t column)
{
    return table->is_number[column];
}

size_t butler_table_columns(const struct butler_table *table)
{
    return table->columns;
}

size_t butler_table_rows(const struct butler_table *table)
{
    return table->rows;
}

const char *butler_table_name(const struct butler_table *table, size_t column)
{
    return table->names[column];
}

const char *butler_table_cell(const struct butler_table *table, size_t row, size_t column)
{
    return table->cells[row * table->columns + column];
}

static const char *shown(const struct butler_table *table, size_t row, size_t column)
{
    const char *cell = butler_table_cell(table, row, column);
    return cell != NULL ? cell : "None";
}

/* Characters of a UTF-8 text. */
static size_t width_of(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void put_spaces(size_t n, FILE *out)
{
    for (size_t i = 0; i < n; i++)
        fputc(' ', out);
}

/* blanks before and after; the last column is padded too, as in the program it stands in for */
static void put_cell(const char *text, size_t width, size_t before, FILE *out)
{
    put_spaces(before, out);
    fputs(text, out);
    put_spaces(width - width_of(text) - before, out);
}

/* the rule has at least three dashes */
static size_t column_width(const struct butler_table *table, size_t column)
{
    size_t width = width_of(table->names[column]) > 3 ? width_of(table->names[column]) : 3;
    for (size_t row = 0; row < table->rows; row++) {
        size_t cell = width_of(shown(table, row, column));
        width = cell > width ? cell : width;
    }
    return width;
}

/* Python's centring: an odd blank goes left when the width is odd. */
static size_t centre(size_t text, size_t width)
{
    size_t spare = width - text;
    return spare / 2 + (spare & width & 1);
}

void butler_table_print(const struct butler_table *table, FILE *out)
{
    if (divert_to != NULL) {
        divert_to(divert_self, table);
        return;
    }
    size_t *width = cb_xalloc_array(table->columns + 1, sizeof *width);
    for (size_t i = 0; i < table->columns; i++) {
        width[i] = column_width(table, i);
        if (i > 0)
            fputc(' ', out);
        put_cell(table->names[i], width[i], centre(width_of(table->names[i]), width[i]), out);
    }
    fputc('\n', out);
    for (size_t i = 0; i < table->columns; i++) {
        if (i > 0)
            fputc(' ', out);
        for (size_t k = 0; k < width[i]; k++)
            fputc('-', out);
    }
    fputc('\n', out);
    for (size_t row = 0; row < table->rows; row++) {
        for (size_t i = 0; i < table->columns; i++) {
            const char *cell = shown(table, row, i);
            if (i > 0)
                fputc(' ', out);
            put_cell(cell, width[i], table->is_left ? 0 : width[i] - width_of(cell), out);
        }
        fputc('\n', out);
    }
    free(width);
}
