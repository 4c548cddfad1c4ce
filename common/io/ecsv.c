/* Reads ECSV: a YAML header in comments, column names, rows. */
#include "io/ecsv.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "io/yaml.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the reader stands in the text. */
struct reader {
    const char *at, *end;
    const char *origin;
    size_t line; /* of `at`, from 1 */
    char delimiter;
    struct cb_error *err;
};

static bool fail_line(const struct reader *r, size_t line, const char *what, const char *name)
{
    return cb_fail(r->err, CB_ERR_INVALID, "%s:%zu: %s%s%.60s%s", r->origin, line, what,
                   name != NULL ? " \"" : "", name != NULL ? name : "", name != NULL ? "\"" : "");
}

/* The next line without its end; false at the end of the text. */
static bool next_line(struct reader *r, const char **ret_line, size_t *ret_length)
{
    if (r->at >= r->end)
        return false;
    const char *stop = memchr(r->at, '\n', (size_t)(r->end - r->at));
    *ret_line = r->at;
    *ret_length = (size_t)((stop != NULL ? stop : r->end) - r->at);
    r->at += *ret_length + (stop != NULL);
    r->line++;
    if (*ret_length > 0 && (*ret_line)[*ret_length - 1] == '\r')
        --*ret_length;
    return true;
}

/* ---- header ---- */

/* The YAML in the leading comment lines; what follows stays to be read. */
static bool take_yaml(struct reader *r, struct cb_bytes *yaml)
{
    static const char magic[] = "# %ECSV ";
    const char *line;
    size_t length;
    if (!next_line(r, &line, &length) || length < sizeof magic + 2 ||
        memcmp(line, magic, sizeof magic - 1) != 0)
        return fail_line(r, 1, "no ECSV: the first line is not \"# %ECSV 1.0\"", NULL);
    const char *version = line + sizeof magic - 1;
    if (strncmp(version, "0.9", 3) != 0 && strncmp(version, "1.0", 3) != 0)
        return fail_line(r, 1, "ECSV of a version other than 0.9 and 1.0", NULL);
    while (r->at < r->end && *r->at == '#' && next_line(r, &line, &length)) {
        size_t skip = length > 1 && line[1] == ' ' ? 2 : 1;
        cb_bytes_add(yaml, line + skip, length - skip);
        cb_bytes_add(yaml, "\n", 1);
    }
    return true;
}

static const struct {
    const char *name;
    enum cb_table_kind kind;
} datatypes[] = {
    { "int8", CB_TABLE_INT },     { "int16", CB_TABLE_INT },    { "int32", CB_TABLE_INT },
    { "int64", CB_TABLE_INT },    { "uint8", CB_TABLE_INT },    { "uint16", CB_TABLE_INT },
    { "uint32", CB_TABLE_INT },   { "uint64", CB_TABLE_INT },   { "float16", CB_TABLE_REAL },
    { "float32", CB_TABLE_REAL }, { "float64", CB_TABLE_REAL }, { "bool", CB_TABLE_BOOL },
    { "string", CB_TABLE_TEXT },
};

static bool find_kind(const char *name, size_t length, enum cb_table_kind *ret_kind)
{
    for (size_t i = 0; i < sizeof datatypes / sizeof datatypes[0]; i++)
        if (strlen(datatypes[i].name) == length && memcmp(datatypes[i].name, name, length) == 0) {
            *ret_kind = datatypes[i].kind;
            return true;
        }
    return false;
}

/* "float64[256]" or "float64[16,16]": element type and how many. */
static bool read_subtype(const char *text, enum cb_table_kind *ret_kind, size_t *ret_width)
{
    size_t stem = strcspn(text, "["), width = 1;
    if (text[stem] != '[' || !find_kind(text, stem, ret_kind))
        return false;
    for (const char *at = text + stem; *at != ']';) {
        char *end;
        unsigned long count = strtoul(at + 1, &end, 10);
        if (end == at + 1 || (*end != ',' && *end != ']') || count > CB_TABLE_VALUES_MAX / width)
            return false;
        width *= count;
        at = end;
    }
    *ret_width = width;
    return *ret_kind != CB_TABLE_TEXT;
}

static bool add_column(const struct cb_yaml *yaml, const struct cb_yaml_node *node, struct cb_table *table,
                       struct cb_error *err)
{
    const char *name = cb_yaml_text(cb_yaml_get(node, "name"));
    const char *type = cb_yaml_text(cb_yaml_get(node, "datatype"));
    const char *subtype = cb_yaml_text(cb_yaml_get(node, "subtype"));
    const char *unit = cb_yaml_text(cb_yaml_get(node, "unit"));
    enum cb_table_kind kind;
    size_t width = 1;
    if (name == NULL || type == NULL)
        return cb_yaml_fail(yaml, node, err, "a column has no name or no datatype");
    if (cb_table_find(table, name) != NULL)
        return cb_yaml_fail(yaml, node, err, "column \"%s\" is there twice", name);
    if (subtype != NULL ? !read_subtype(subtype, &kind, &width) : !find_kind(type, strlen(type), &kind))
        return cb_yaml_fail(yaml, node, err, "column \"%s\": unrecognized datatype \"%s\"", name,
                            subtype != NULL ? subtype : type);
    struct cb_table_column *column = cb_table_add(table, name, kind, subtype != NULL, width);
    free(column->unit);
    column->unit = cb_xstrdup(unit != NULL ? unit : "");
    return true;
}

static void set_card(struct cb_header *meta, const char *key, const struct cb_yaml_node *node,
                     const char *comment)
{
    int64_t integer;
    double real;
    bool truth;
    if (cb_yaml_is_null(node))
        cb_header_set_undefined(meta, key, comment);
    else if (!node->quoted && cb_yaml_int(node, &integer))
        cb_header_set_int(meta, key, integer, comment);
    else if (!node->quoted && cb_yaml_real(node, &real))
        cb_header_set_double(meta, key, real, comment);
    else if (!node->quoted && cb_yaml_bool(node, &truth))
        cb_header_set_bool(meta, key, truth, comment);
    else
        cb_header_set_string(meta, key, cb_yaml_text(node), comment);
}

static bool read_pair(const struct cb_yaml *yaml, const struct cb_yaml_node *map, size_t i,
                      struct cb_table *table, struct cb_error *err)
{
    const char *key = cb_yaml_key(map, i);
    const struct cb_yaml_node *value = cb_yaml_value(map, i);
    const char *comment = "";
    if (key == NULL || key[0] == '\0')
        return cb_yaml_fail(yaml, map, err, "a key of meta is no text");
    if (strncmp(key, "__", 2) == 0)
        return true;
    if (value->kind == CB_YAML_SEQUENCE && value->count == 2 && value->item[1]->kind == CB_YAML_SCALAR) {
        comment = value->item[1]->text;
        value = value->item[0];
    }
    if (value->kind != CB_YAML_SCALAR)
        return cb_yaml_fail(yaml, value, err, "meta \"%s\" is no single value", key);
    set_card(table->meta, key, value, comment);
    return true;
}

static bool read_meta(const struct cb_yaml *yaml, const struct cb_yaml_node *meta, struct cb_table *table,
                      struct cb_error *err)
{
    if (cb_yaml_is_null(meta))
        return true;
    if (meta->kind == CB_YAML_SCALAR)
        return cb_yaml_fail(yaml, meta, err, "meta is neither a map nor a list of maps");
    for (size_t i = 0; i < meta->count; i++) {
        bool listed = meta->kind == CB_YAML_SEQUENCE;
        const struct cb_yaml_node *map = listed ? meta->item[i] : meta;
        if (map->kind != CB_YAML_MAPPING || (listed && map->count != 1))
            return cb_yaml_fail(yaml, map, err, "meta is neither a map nor a list of maps of one key");
        if (!read_pair(yaml, map, listed ? 0 : i, table, err))
            return false;
    }
    return true;
}

static bool read_header(struct reader *r, struct cb_table *table)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(CB_ECSV_SIZE_MAX);
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    if (!take_yaml(r, &text) || !cb_yaml_parse(cb_bytes_text(&text), text.size, r->origin, &yaml, r->err))
        return false;
    const struct cb_yaml_node *root = cb_yaml_root(yaml), *columns = cb_yaml_get(root, "datatype");
    const char *delimiter = cb_yaml_text(cb_yaml_get(root, "delimiter"));
    if (columns == NULL || columns->kind != CB_YAML_SEQUENCE || columns->count == 0)
        return fail_line(r, 1, "the header lists no columns under datatype", NULL);
    r->delimiter = ' ';
    if (delimiter != NULL)
        r->delimiter = delimiter[0];
    if (r->delimiter != ' ' && r->delimiter != ',')
        return fail_line(r, 1, "the delimiter is neither a blank nor a comma", NULL);
    for (size_t i = 0; i < columns->count; i++)
        if (!add_column(yaml, columns->item[i], table, r->err))
            return false;
    return read_meta(yaml, cb_yaml_get(root, "meta"), table, r->err);
}

/* ---- rows ---- */

/* The next cell of a line, quotes taken off; false at its end. *at moves behind it. */
static bool next_cell(char delimiter, const char **at, const char *end, struct cb_bytes *cell)
{
    cb_bytes_clear(cell);
    while (delimiter == ' ' && *at < end && **at == ' ')
        ++*at;
    if (*at >= end)
        return false;
    bool quoted = **at == '"';
    *at += quoted;
    for (; *at < end; ++*at) {
        if (quoted && **at == '"') {
            if (*at + 1 >= end || (*at)[1] != '"') {
                quoted = false;
                continue;
            }
            ++*at;
        } else if (!quoted && **at == delimiter) {
            break;
        }
        cb_bytes_add(cell, *at, 1);
    }
    *at += *at < end;
    return true;
}

static bool read_real(const char *text, char **ret_end, double *ret_value)
{
    if (strncmp(text, "null", 4) == 0) {
        *ret_end = (char *)text + 4; /* cast: strtod's own signature */
        *ret_value = NAN;
        return true;
    }
    *ret_value = strtod(text, ret_end);
    return *ret_end != text;
}

static bool read_bool(const char *text, char **ret_end, bool *ret_value)
{
    size_t length = strspn(text, "TRUEFALStruefals");
    *ret_value = text[0] == 'T' || text[0] == 't';
    *ret_end = (char *)text + length; /* cast: as strtod */
    return (*ret_value && length == 4 && strncasecmp(text, "true", 4) == 0) ||
           (length == 5 && strncasecmp(text, "false", 5) == 0);
}

/* One value from text, up to *ret_end. */
static bool read_value(struct cb_table_column *column, size_t at, const char *text, char **ret_end)
{
    switch (column->kind) {
    case CB_TABLE_INT:
        errno = 0;
        column->ints[at] = strtoll(text, ret_end, 10);
        return *ret_end != text && errno == 0;
    case CB_TABLE_REAL:
        return read_real(text, ret_end, &column->reals[at]);
    case CB_TABLE_BOOL:
        return read_bool(text, ret_end, &column->bools[at]);
    case CB_TABLE_TEXT:
        column->texts[at] = cb_xstrdup(text);
        *ret_end = (char *)text + strlen(text); /* cast: as strtod */
        return true;
    }
    return false;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " ");
}

static bool read_cell(struct cb_table_column *column, size_t row, const char *text)
{
    char *end = NULL;
    if (!column->is_array)
        return read_value(column, row, text, &end) && *end == '\0';
    text = skip_blanks(text);
    for (size_t i = 0; i < column->width; i++) {
        while (*text == '[' || *text == ']' || *text == ' ' || (*text == ',' && i > 0))
            text++;
        if (!read_value(column, row * column->width + i, text, &end))
            return false;
        text = end;
    }
    return text[strspn(text, "] ")] == '\0' && text[0] == ']';
}

static bool read_row(const struct reader *r, struct cb_table *table, size_t row, const char *line,
                     size_t length)
{
    cb_auto_bytes struct cb_bytes cell = CB_BYTES(CB_ECSV_SIZE_MAX);
    const char *at = line;
    for (size_t c = 0; c < table->columns; c++) {
        if (!next_cell(r->delimiter, &at, line + length, &cell))
            return fail_line(r, r->line, "the row has no cell for column", table->column[c].name);
        if (!read_cell(&table->column[c], row, cb_bytes_text(&cell)))
            return fail_line(r, r->line, "a cell is not of the type of its column", table->column[c].name);
    }
    if (next_cell(r->delimiter, &at, line + length, &cell))
        return fail_line(r, r->line, "the row has more cells than there are columns", NULL);
    return true;
}

static bool is_row(const char *line, size_t length)
{
    return length > 0 && line[0] != '#' && strspn(line, " ") < length;
}

static bool check_names(struct reader *r, const struct cb_table *table)
{
    cb_auto_bytes struct cb_bytes cell = CB_BYTES(CB_ECSV_SIZE_MAX);
    const char *line = "";
    size_t length = 0;
    while (next_line(r, &line, &length) && !is_row(line, length))
        ;
    const char *at = line;
    for (size_t c = 0; c < table->columns; c++)
        if (!next_cell(r->delimiter, &at, line + length, &cell) ||
            strcmp(cb_bytes_text(&cell), table->column[c].name) != 0)
            return fail_line(r, r->line, "the line of names differs from the header at column",
                             table->column[c].name);
    return true;
}

static size_t count_rows(struct reader r)
{
    const char *line;
    size_t length, rows = 0;
    while (next_line(&r, &line, &length))
        rows += is_row(line, length);
    return rows;
}

static bool read_rows(struct reader *r, struct cb_table *table)
{
    const char *line;
    size_t length, rows = count_rows(*r), row = 0;
    for (size_t c = 0; c < table->columns; c++)
        if (rows > CB_TABLE_ROWS_MAX || table->column[c].width * rows > CB_TABLE_VALUES_MAX)
            return fail_line(r, r->line, "the table is too large", NULL);
    cb_table_resize(table, rows);
    while (next_line(r, &line, &length))
        if (is_row(line, length) && !read_row(r, table, row++, line, length))
            return false;
    return true;
}

bool cb_ecsv_parse(const char *text, size_t size, const char *origin, struct cb_table **ret_table,
                   struct cb_error *err)
{
    struct reader r = { .at = text, .end = text + size, .origin = origin, .err = err };
    cb_auto(cb_table_free) struct cb_table *table = cb_table_new();
    if (!read_header(&r, table) || !check_names(&r, table) || !read_rows(&r, table))
        return false;
    *ret_table = cb_steal(table);
    return true;
}

static bool read_whole(FILE *file, struct cb_bytes *ret_text)
{
    char part[65536];
    for (size_t n; (n = fread(part, 1, sizeof part, file)) > 0;)
        cb_bytes_add(ret_text, part, n);
    return ferror(file) == 0;
}

bool cb_ecsv_read(const char *path, struct cb_table **ret_table, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(CB_ECSV_SIZE_MAX);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return cb_fail(err, errno == ENOENT ? CB_ERR_NOT_FOUND : CB_ERR_TRANSIENT, "cannot open \"%s\": %m",
                       path);
    bool whole = read_whole(file, &text);
    fclose(file);
    if (!whole)
        return cb_fail(err, CB_ERR_TRANSIENT, "could not read \"%s\"", path);
    if (!cb_bytes_ok(&text))
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" has more than %u bytes", path, CB_ECSV_SIZE_MAX);
    return cb_ecsv_parse(cb_bytes_text(&text), text.size, path, ret_table, err);
}
