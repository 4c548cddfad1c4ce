/* Reads tables of delimited text. */
#include "io/csv.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_MAX (1U << 20) /* longest cell, bytes */

/* Where the reader stands in the text. */
struct reader {
    const char *at, *end;
    const char *origin;
    size_t line; /* of `at`, from 1 */
    char delimiter;
    struct cb_error *err;
};

/* How a cell ended. */
enum stop { STOP_CELL, STOP_LINE, STOP_TEXT };

static bool fail_line(const struct reader *r, const char *what, const char *name)
{
    return cb_fail(r->err, CB_ERR_INVALID, "%s:%zu: %s%s%.60s%s", r->origin, r->line, what,
                   name != NULL ? " \"" : "", name != NULL ? name : "", name != NULL ? "\"" : "");
}

/* Of blank lines nothing is read; a tab is a blank only where it delimits nothing. */
static void skip_blank_lines(struct reader *r)
{
    for (const char *c = r->at; c < r->end; c++) {
        if (*c == '\n') {
            r->at = c + 1;
            r->line++;
        } else if (*c != ' ' && *c != '\r' && (*c != '\t' || r->delimiter == '\t')) {
            return;
        }
    }
    r->at = r->end;
}

static void trim(struct cb_bytes *cell)
{
    size_t begin = 0, end = cell->size;
    while (begin < end && strchr(" \t\r", cell->data[begin]) != NULL)
        begin++;
    while (end > begin && strchr(" \t\r", cell->data[end - 1]) != NULL)
        end--;
    if (cell->size > 0) {
        memmove(cell->data, cell->data + begin, end - begin);
        cell->size = end - begin;
        cell->data[cell->size] = '\0';
    }
}

/* Behind the opening quote up to the closing one; two quotes are one. */
static bool take_quoted(struct reader *r, struct cb_bytes *cell)
{
    while (r->at < r->end) {
        if (*r->at == '"' && (r->at + 1 == r->end || r->at[1] != '"')) {
            r->at++;
            return true;
        }
        r->at += *r->at == '"';
        r->line += *r->at == '\n';
        cb_bytes_add(cell, r->at++, 1);
    }
    return fail_line(r, "a quote does not end", NULL);
}

/* Over what ended a cell. */
static void step_over(struct reader *r, enum stop stop)
{
    r->line += stop == STOP_LINE;
    r->at += stop != STOP_TEXT;
}

/* One cell, up to its delimiter or the end of its line. */
static bool take_cell(struct reader *r, struct cb_bytes *cell, enum stop *ret_stop)
{
    cb_bytes_clear(cell);
    while (r->at < r->end && *r->at == ' ')
        r->at++;
    if (r->at < r->end && *r->at == '"') {
        r->at++;
        if (!take_quoted(r, cell))
            return false;
    }
    while (r->at < r->end && *r->at != r->delimiter && *r->at != '\n')
        cb_bytes_add(cell, r->at++, 1);
    trim(cell);
    *ret_stop = r->at == r->end ? STOP_TEXT : *r->at == '\n' ? STOP_LINE : STOP_CELL;
    return cb_bytes_ok(cell) || fail_line(r, "a cell is too long", NULL);
}

static bool read_names(struct reader *r, struct cb_table *table)
{
    cb_auto_bytes struct cb_bytes cell = CB_BYTES(CELL_MAX);
    enum stop stop = STOP_CELL;
    skip_blank_lines(r);
    while (stop == STOP_CELL) {
        if (!take_cell(r, &cell, &stop))
            return false;
        if (cell.size == 0)
            return fail_line(r, "a column has no name", NULL);
        if (cb_table_find(table, cb_bytes_text(&cell)) != NULL)
            return fail_line(r, "two columns have the name", cb_bytes_text(&cell));
        cb_table_add(table, cb_bytes_text(&cell), CB_TABLE_TEXT, false, 1);
        step_over(r, stop);
    }
    return true;
}

/* Cells of one line into row `row`, or over it where the table has no room yet. */
static bool read_row(struct reader *r, struct cb_table *table, size_t row)
{
    cb_auto_bytes struct cb_bytes cell = CB_BYTES(CELL_MAX);
    enum stop stop = STOP_CELL;
    for (size_t i = 0; stop == STOP_CELL; i++) {
        if (!take_cell(r, &cell, &stop))
            return false;
        if (i >= table->columns)
            return fail_line(r, "more cells than columns", NULL);
        if (row < table->rows && cell.size > 0)
            table->column[i].texts[row] = cb_xstrdup(cb_bytes_text(&cell));
        step_over(r, stop);
    }
    return true;
}

/* Read all rows; into a table without room only their number is learnt. */
static bool read_rows(struct reader *r, struct cb_table *table, size_t *ret_rows)
{
    size_t rows = 0;
    for (skip_blank_lines(r); r->at < r->end; skip_blank_lines(r)) {
        if (rows == CB_TABLE_ROWS_MAX)
            return fail_line(r, "the table is too large", NULL);
        if (!read_row(r, table, rows++))
            return false;
    }
    *ret_rows = rows;
    return true;
}

bool cb_csv_parse(const char *text, size_t size, enum cb_csv_dialect dialect, const char *origin,
                  struct cb_table **ret_table, struct cb_error *err)
{
    struct reader r = { .at = text,
                        .end = text + size,
                        .origin = origin,
                        .line = 1,
                        .delimiter = dialect == CB_CSV_RDB ? '\t' : ',',
                        .err = err };
    size_t rows = 0;
    cb_auto(cb_table_free) struct cb_table *table = cb_table_new();
    skip_blank_lines(&r);
    while (dialect == CB_CSV_RDB && r.at < r.end && *r.at == '#') { /* comments before the names */
        const char *stop = memchr(r.at, '\n', (size_t)(r.end - r.at));
        r.at = stop != NULL ? stop + 1 : r.end;
        r.line++;
    }
    if (r.at == r.end)
        return fail_line(&r, "no line of column names", NULL);
    if (!read_names(&r, table))
        return false;
    if (dialect == CB_CSV_RDB && r.at < r.end && !read_row(&r, table, 0)) /* the types of the columns */
        return false;
    struct reader body = r;
    if (!read_rows(&body, table, &rows))
        return false;
    cb_table_resize(table, rows);
    if (!read_rows(&r, table, &rows))
        return false;
    *ret_table = cb_steal(table);
    return true;
}

bool cb_csv_read(const char *path, enum cb_csv_dialect dialect, struct cb_table **ret_table,
                 struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(CB_CSV_SIZE_MAX);
    char part[65536];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return cb_fail(err, errno == ENOENT ? CB_ERR_NOT_FOUND : CB_ERR_TRANSIENT, "cannot open \"%s\": %m",
                       path);
    for (size_t n; (n = fread(part, 1, sizeof part, file)) > 0;)
        cb_bytes_add(&text, part, n);
    bool whole = ferror(file) == 0;
    fclose(file);
    if (!whole)
        return cb_fail(err, CB_ERR_TRANSIENT, "could not read \"%s\"", path);
    if (!cb_bytes_ok(&text))
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" has more than %u bytes", path, CB_CSV_SIZE_MAX);
    return cb_csv_parse(cb_bytes_text(&text), text.size, dialect, path, ret_table, err);
}
