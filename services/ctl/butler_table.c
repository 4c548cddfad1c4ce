/* Tables as the stock butler prints them. */
#include "butler_table.h"

#include "base/alloc.h"

#include <string.h>

struct butler_table {
    size_t columns, rows;
    char **names;
    bool *is_number;
    bool is_left;
    size_t *width; /* of the columns so far; the rule has at least three dashes */
    char *cells;   /* [used], row by row, each followed by NUL: a table may have 100 000 rows */
    size_t used, room;
};

/* What stands for NULL among the cells: no UTF-8 text. */
static const char absent[] = "\xff";

static const char *shown(const char *cell)
{
    return strcmp(cell, absent) == 0 ? "None" : cell;
}

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

struct butler_table *butler_table_new(size_t columns, const char *const *names)
{
    struct butler_table *table = cb_xalloc(sizeof *table);
    table->columns = columns;
    table->names = cb_xalloc_array(columns + 1, sizeof *table->names);
    table->is_number = cb_xalloc_array(columns + 1, sizeof *table->is_number);
    table->width = cb_xalloc_array(columns + 1, sizeof *table->width);
    for (size_t i = 0; i < columns; i++) {
        table->names[i] = cb_xstrdup(names[i]);
        table->width[i] = width_of(names[i]) > 3 ? width_of(names[i]) : 3;
    }
    return table;
}

void butler_table_free(struct butler_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->columns; i++)
        free(table->names[i]);
    free(table->names);
    free(table->is_number);
    free(table->width);
    free(table->cells);
    free(table);
}

static void add_cell(struct butler_table *table, const char *cell)
{
    size_t size = strlen(cell) + 1;
    if (table->used + size > table->room) {
        table->room = 2 * (table->used + size) + 4096;
        table->cells = cb_xrealloc_array(table->cells, table->room, 1);
    }
    memcpy(table->cells + table->used, cell, size);
    table->used += size;
}

void butler_table_add(struct butler_table *table, const char *const *cells)
{
    for (size_t i = 0; i < table->columns; i++) {
        const char *cell = cells[i] != NULL ? cells[i] : absent;
        size_t width = width_of(shown(cell));
        table->width[i] = width > table->width[i] ? width : table->width[i];
        add_cell(table, cell);
    }
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

const char *butler_table_row(const struct butler_table *table, const char *at, const char **ret_cells)
{
    const char *cell = at != NULL ? at : table->cells;
    for (size_t i = 0; i < table->columns; i++, cell += strlen(cell) + 1)
        ret_cells[i] = strcmp(cell, absent) == 0 ? NULL : cell;
    return cell;
}

/* Python's centring: an odd blank goes left when the width is odd. */
static size_t centre(size_t text, size_t width)
{
    size_t spare = width - text;
    return spare / 2 + (spare & width & 1);
}

static void print_rule(const struct butler_table *table, FILE *out)
{
    for (size_t i = 0; i < table->columns; i++) {
        if (i > 0)
            fputc(' ', out);
        for (size_t k = 0; k < table->width[i]; k++)
            fputc('-', out);
    }
    fputc('\n', out);
}

void butler_table_print(const struct butler_table *table, FILE *out)
{
    if (divert_to != NULL) {
        divert_to(divert_self, table);
        return;
    }
    for (size_t i = 0; i < table->columns; i++) {
        if (i > 0)
            fputc(' ', out);
        put_cell(table->names[i], table->width[i], centre(width_of(table->names[i]), table->width[i]), out);
    }
    fputc('\n', out);
    print_rule(table, out);
    const char *cell = table->cells;
    for (size_t row = 0; row < table->rows; row++) {
        for (size_t i = 0; i < table->columns; i++, cell += strlen(cell) + 1) {
            if (i > 0)
                fputc(' ', out);
            const char *text = shown(cell);
            put_cell(text, table->width[i], table->is_left ? 0 : table->width[i] - width_of(text), out);
        }
        fputc('\n', out);
    }
}
