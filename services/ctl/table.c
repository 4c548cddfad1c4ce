/* The result of a listing command, printed for people, scripts or programs. */
#include "table.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/json.h"

#include <math.h>
#include <string.h>

enum { MAX_COLUMNS = 64, MAX_OUTPUT = 1 << 30 };

struct ctl_table {
    const char *schema;
    const struct ctl_column *columns;
    size_t n_columns, n_rows, n_extra;
    char **cells; /* cells[row * n_columns + column] */
    struct {
        char *key, *json;
    } * extra;
};

/* Which columns, in which order. */
struct choice {
    size_t n;
    size_t column[MAX_COLUMNS];
};

struct ctl_table *ctl_table_new(const char *schema, const struct ctl_column *columns)
{
    struct ctl_table *table = cb_xalloc(sizeof *table);
    table->schema = schema;
    table->columns = columns;
    while (columns[table->n_columns].key != NULL)
        table->n_columns++;
    return table;
}

void ctl_table_free(struct ctl_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->n_rows * table->n_columns; i++)
        free(table->cells[i]);
    for (size_t i = 0; i < table->n_extra; i++) {
        free(table->extra[i].key);
        free(table->extra[i].json);
    }
    free(table->extra);
    free(table->cells);
    free(table);
}

void ctl_table_add(struct ctl_table *table, const char *const *cells)
{
    size_t first = table->n_rows * table->n_columns;
    table->cells = cb_xrealloc_array(table->cells, first + table->n_columns, sizeof *table->cells);
    for (size_t c = 0; c < table->n_columns; c++)
        table->cells[first + c] = cb_xstrdup(cells[c]);
    table->n_rows++;
}

size_t ctl_table_rows(const struct ctl_table *table)
{
    return table->n_rows;
}

void ctl_table_extra(struct ctl_table *table, const char *key, const char *json)
{
    table->extra = cb_xrealloc_array(table->extra, table->n_extra + 1, sizeof *table->extra);
    table->extra[table->n_extra].key = cb_xstrdup(key);
    table->extra[table->n_extra].json = cb_xstrdup(json);
    table->n_extra++;
}

static const char *cell(const struct ctl_table *table, size_t row, size_t column)
{
    return table->cells[row * table->n_columns + column];
}

static bool is_true(const char *text)
{
    return strcmp(text, "t") == 0 || strcmp(text, "true") == 0;
}

static const char *for_people(const struct ctl_table *table, size_t row, size_t column)
{
    const char *text = cell(table, row, column);
    if (text == NULL)
        return "";
    if (table->columns[column].kind == CTL_COL_BOOL)
        return is_true(text) ? "yes" : "no";
    return text;
}

static bool choose_named(const struct ctl_table *table, const char *name, struct choice *choice,
                         struct cb_error *err)
{
    for (size_t c = 0; c < table->n_columns; c++)
        if (strcmp(table->columns[c].key, name) == 0 && choice->n < MAX_COLUMNS) {
            choice->column[choice->n++] = c;
            return true;
        }
    cb_auto_bytes struct cb_bytes names = CB_BYTES(4096);
    for (size_t c = 0; c < table->n_columns; c++)
        cb_bytes_printf(&names, "%s%s", c == 0 ? "" : ", ", table->columns[c].key);
    return cb_fail(err, CB_ERR_INVALID, "unrecognized column \"%s\"; there are %s", name,
                   cb_bytes_text(&names));
}

static bool choose(const struct ctl_table *table, const struct ctl_args *args, struct choice *ret,
                   struct cb_error *err)
{
    struct choice choice = { 0 };
    for (size_t i = 0;; i++) {
        cb_auto(cb_free) char *name = ctl_args_item(args, "columns", i);
        if (name == NULL)
            break;
        if (!choose_named(table, name, &choice, err))
            return false;
    }
    for (size_t c = 0; choice.n == 0 && c < table->n_columns && c < MAX_COLUMNS; c++)
        if (table->columns[c].title != NULL || ctl_args_has(args, "json"))
            ret->column[ret->n++] = c;
    if (choice.n > 0)
        *ret = choice;
    return true;
}

/* Columns that a terminal needs for a text: its UTF-8 code points. */
static size_t width_of(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void put_padded(FILE *out, const char *text, size_t width, bool right, bool last)
{
    size_t blanks = width > width_of(text) ? width - width_of(text) : 0;
    if (right)
        fprintf(out, "%*s%s", (int)blanks, "", text);
    else
        fprintf(out, "%s%*s", text, last ? 0 : (int)blanks, "");
    fputs(last ? "" : "  ", out);
}

static void print_aligned(const struct ctl_table *table, const struct choice *choice, size_t rows, bool bold,
                          FILE *out)
{
    size_t width[MAX_COLUMNS] = { 0 };
    for (size_t i = 0; i < choice->n; i++) {
        const char *title = table->columns[choice->column[i]].title;
        width[i] = title == NULL ? 0 : width_of(title);
        for (size_t r = 0; r < rows; r++) {
            size_t wide = width_of(for_people(table, r, choice->column[i]));
            width[i] = wide > width[i] ? wide : width[i];
        }
    }
    fputs(bold ? "\033[1m" : "", out);
    for (size_t i = 0; i < choice->n; i++) {
        const struct ctl_column *column = &table->columns[choice->column[i]];
        put_padded(out, column->title == NULL ? column->key : column->title, width[i],
                   column->kind == CTL_COL_NUMBER, i + 1 == choice->n);
    }
    fputs(bold ? "\033[0m\n" : "\n", out);
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < choice->n; i++)
            put_padded(out, for_people(table, r, choice->column[i]), width[i],
                       table->columns[choice->column[i]].kind == CTL_COL_NUMBER, i + 1 == choice->n);
        fputc('\n', out);
    }
}

/* Tabs and newlines inside a value would break the columns. */
static void put_plain(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        fputc(*text == '\t' || *text == '\n' || *text == '\r' ? ' ' : *text, out);
}

static void print_plain(const struct ctl_table *table, const struct choice *choice, size_t rows, bool header,
                        FILE *out)
{
    for (size_t i = 0; header && i < choice->n; i++)
        fprintf(out, "%s%c", table->columns[choice->column[i]].key, i + 1 == choice->n ? '\n' : '\t');
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < choice->n; i++) {
            put_plain(out, for_people(table, r, choice->column[i]));
            fputc(i + 1 == choice->n ? '\n' : '\t', out);
        }
}

static void put_json_cell(struct cb_json *json, const struct ctl_column *column, const char *text)
{
    if (text == NULL || (column->kind == CTL_COL_NUMBER && !isfinite(strtod(text, NULL))))
        cb_json_null(json, column->key);
    else if (column->kind == CTL_COL_BOOL)
        cb_json_bool(json, column->key, is_true(text));
    else if (column->kind == CTL_COL_TEXT)
        cb_json_str(json, column->key, text);
    else
        cb_json_raw(json, column->key, text);
}

static void print_json(const struct ctl_table *table, const struct choice *choice, size_t rows, FILE *out)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(MAX_OUTPUT);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "schema", table->schema);
    for (size_t i = 0; i < table->n_extra; i++)
        cb_json_raw(&json, table->extra[i].key, table->extra[i].json);
    cb_json_open(&json, "items", '[');
    for (size_t r = 0; r < rows; r++) {
        cb_json_open(&json, NULL, '{');
        for (size_t i = 0; i < choice->n; i++)
            put_json_cell(&json, &table->columns[choice->column[i]], cell(table, r, choice->column[i]));
        cb_json_close(&json);
    }
    cb_json_close(&json);
    cb_json_null(&json, "next");
    cb_json_close(&json);
    fprintf(out, "%s\n", cb_bytes_text(&text));
}

bool ctl_table_print(const struct ctl_table *table, const struct ctl_args *args, bool bold_header, FILE *out,
                     struct cb_error *err)
{
    struct choice choice = { 0 };
    if (!choose(table, args, &choice, err))
        return false;
    int64_t limit = ctl_args_int(args, "limit", -1);
    size_t rows = limit >= 0 && (size_t)limit < table->n_rows ? (size_t)limit : table->n_rows;
    if (ctl_args_has(args, "json"))
        print_json(table, &choice, rows, out);
    else if (ctl_args_has(args, "plain"))
        print_plain(table, &choice, rows, ctl_args_has(args, "header"), out);
    else
        print_aligned(table, &choice, rows, bold_header, out);
    return true;
}
