/* A small table of typed columns with metadata. */
#include "io/table.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

struct cb_table *cb_table_new(void)
{
    struct cb_table *table = cb_xalloc(sizeof *table);
    table->meta = cb_header_new();
    return table;
}

static void forget_values(struct cb_table_column *column, size_t rows)
{
    for (size_t i = 0; column->texts != NULL && i < rows * column->width; i++)
        free(column->texts[i]);
    free(column->texts);
    free(column->ints);
    free(column->reals);
    free(column->bools);
    column->texts = NULL;
    column->ints = NULL;
    column->reals = NULL;
    column->bools = NULL;
}

void cb_table_free(struct cb_table *table)
{
    if (table == NULL)
        return;
    for (size_t c = 0; c < table->columns; c++) {
        forget_values(&table->column[c], table->rows);
        free(table->column[c].name);
        free(table->column[c].unit);
    }
    free(table->column);
    cb_header_free(table->meta);
    free(table);
}

struct cb_table_column *cb_table_find(const struct cb_table *table, const char *name)
{
    for (size_t c = 0; c < table->columns; c++)
        if (strcmp(table->column[c].name, name) == 0)
            return &table->column[c];
    return NULL;
}

static void make_room(struct cb_table_column *column, size_t rows)
{
    size_t count = rows * column->width;
    switch (column->kind) {
    case CB_TABLE_INT:
        column->ints = cb_xalloc_array(count + 1, sizeof *column->ints);
        break;
    case CB_TABLE_REAL:
        column->reals = cb_xalloc_array(count + 1, sizeof *column->reals);
        break;
    case CB_TABLE_BOOL:
        column->bools = cb_xalloc_array(count + 1, sizeof *column->bools);
        break;
    case CB_TABLE_TEXT:
        column->texts = cb_xalloc_array(count + 1, sizeof *column->texts);
        break;
    }
}

struct cb_table_column *cb_table_add(struct cb_table *table, const char *name, enum cb_table_kind kind,
                                     bool is_array, size_t width)
{
    table->column = cb_xrealloc_array(table->column, table->columns + 1, sizeof *table->column);
    struct cb_table_column *column = &table->column[table->columns++];
    *column = (struct cb_table_column){
        .name = cb_xstrdup(name), .unit = cb_xstrdup(""), .kind = kind, .is_array = is_array, .width = width
    };
    make_room(column, table->rows);
    return column;
}

void cb_table_move(struct cb_table *to, struct cb_table_column *column)
{
    to->column = cb_xrealloc_array(to->column, to->columns + 1, sizeof *to->column);
    to->column[to->columns++] = *column;
    *column = (struct cb_table_column){ .name = cb_xstrdup(""), .unit = cb_xstrdup("") };
}

/* Reals that a double counts one by one. */
static bool are_whole(const double *reals, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs(reals[i]) < 9007199254740992.0) || reals[i] != floor(reals[i]))
            return false;
    return true;
}

static bool can_convert(const struct cb_table_column *column, size_t rows, enum cb_table_kind kind)
{
    if (rows == 0)
        return true;
    if (column->kind == CB_TABLE_REAL)
        return kind == CB_TABLE_INT && are_whole(column->reals, rows * column->width);
    return (column->kind == CB_TABLE_INT && kind == CB_TABLE_REAL) ||
           (column->kind == CB_TABLE_BOOL && kind == CB_TABLE_INT);
}

bool cb_table_convert(struct cb_table_column *column, size_t rows, enum cb_table_kind kind)
{
    struct cb_table_column other = *column;
    if (column->kind == kind)
        return true;
    if (!can_convert(column, rows, kind))
        return false;
    other.kind = kind;
    other.ints = NULL;
    other.reals = NULL;
    other.bools = NULL;
    other.texts = NULL;
    make_room(&other, rows);
    for (size_t i = 0; i < rows * column->width; i++)
        if (kind == CB_TABLE_REAL)
            other.reals[i] = (double)column->ints[i];
        else
            other.ints[i] = column->kind == CB_TABLE_REAL ? (int64_t)column->reals[i] : column->bools[i];
    forget_values(column, rows);
    *column = other;
    return true;
}

void cb_table_resize(struct cb_table *table, size_t rows)
{
    for (size_t c = 0; c < table->columns; c++) {
        forget_values(&table->column[c], table->rows);
        make_room(&table->column[c], rows);
    }
    table->rows = rows;
}
