/* Templates of paths: read piece by piece, each a literal and the field behind it. */
#include "domain/path_template.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char cb_path_default[] =
    "{run:/}/{datasetType}.{component:?}/{tract:?}/{patch:?}/"
    "{day_obs|visit.day_obs|exposure.day_obs:?}/{band:?}/{subfilter:?}/{physical_filter:?}/{visit:?}/"
    "{exposure.obs_id|group:?}/{datasetType}_{component:?}_{instrument:?}_{tract:?}_{patch:?}_{band:?}_"
    "{physical_filter:?}_{visit:?}_{exposure.obs_id|group:?}_{detector.full_name:?}_{skymap:?}_{skypix:?}_"
    "{ssp_hypothesis_table:?}_{ssp_hypothesis_bundle:?}_{ssp_balanced_index:?}_{run}";
const char cb_path_of_raws[] =
    "{run:/}/{datasetType}.{component:?}/{day_obs|exposure.day_obs}/"
    "{exposure.obs_id}/{datasetType}_{component:?}_{instrument:?}_{physical_filter}_{exposure.obs_id}_"
    "{detector.full_name}_{run}";

enum { SPEC_SIZE = 32, NAME_SIZE = 200, WIDTH_MAX = 200 };

/* A literal, and the field behind it where has_field. */
struct piece {
    const char *literal;
    size_t literal_length;
    bool has_field, is_optional, keeps_slash;
    char names[NAME_SIZE]; /* alternatives, "|" between */
    char spec[SPEC_SIZE];  /* without ? and / */
};

static bool fail_template(const char *template, struct cb_error *err, const char *what)
{
    return cb_fail(err, CB_ERR_INVALID, "file template \"%s\" %s", template, what);
}

/* "name!s:spec" between the braces. */
static bool read_field(const char *template, const char *field, size_t length, struct piece *piece,
                       struct cb_error *err)
{
    size_t name = strcspn(field, "!:}"), kept = 0;
    const char *spec = field + name;
    if (*spec == '!') {
        if (spec[1] != 's' || (spec[2] != ':' && spec[2] != '}'))
            return fail_template(template, err, "has a conversion other than !s");
        spec += 2;
    }
    if (name == 0 || name >= NAME_SIZE || memchr(field, '{', length) != NULL)
        return fail_template(template, err, "has a field without a name");
    memcpy(piece->names, field, name);
    piece->names[name] = '\0';
    for (const char *c = spec + (*spec == ':'); c < field + length; c++) {
        piece->is_optional = piece->is_optional || *c == '?';
        piece->keeps_slash = piece->keeps_slash || *c == '/';
        if (*c == '?' || *c == '/')
            continue;
        if (kept + 1 == SPEC_SIZE)
            return fail_template(template, err, "has a format that is too long");
        piece->spec[kept++] = *c;
    }
    piece->spec[kept] = '\0';
    piece->has_field = true;
    return true;
}

/* The piece at *at, which moves behind it; a doubled brace is one, and ends its piece. */
static bool next_piece(const char *template, const char **at, struct piece *ret_piece, struct cb_error *err)
{
    struct piece piece = { .literal = *at, .literal_length = strcspn(*at, "{}") };
    const char *c = *at + piece.literal_length;
    if (*c != '\0' && c[1] == c[0]) {
        piece.literal_length++;
        *at = c + 2;
    } else if (*c == '{') {
        size_t length = strcspn(c + 1, "}");
        if (c[1 + length] != '}')
            return fail_template(template, err, "has a brace without its other one");
        if (!read_field(template, c + 1, length, &piece, err))
            return false;
        *at = c + length + 2;
    } else if (*c == '}') {
        return fail_template(template, err, "has a brace without its other one");
    } else {
        *at = c;
    }
    *ret_piece = piece;
    return true;
}

/* ---- names of fields ---- */

/* Of the first of "a|b.c". */
static size_t name_length(const char *names)
{
    return strcspn(names, "|");
}

static size_t primary_length(const char *name, size_t length)
{
    const char *dot = memchr(name, '.', length);
    return dot != NULL ? (size_t)(dot - name) : length;
}

static bool is_name(const char *name, size_t length, const char *wanted)
{
    return strlen(wanted) == length && strncmp(name, wanted, length) == 0;
}

/* htm7 is the one pixelization of types that have any. */
static const struct cb_element *dimension_named(const char *name, size_t length)
{
    if (is_name(name, length, "skypix"))
        return cb_element_at(CB_HTM7);
    const struct cb_element *element = cb_element_find(name, length);
    return element != NULL && cb_element_index(element) < CB_DIMENSION_COUNT ? element : NULL;
}

static bool is_special(const char *name, size_t length)
{
    static const char *const special[] = { "run", "id", "datasetType", "component" };
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        if (is_name(name, length, special[i]))
            return true;
    return false;
}

/* Does a path have the thing that the first part of a name means? */
static bool has_primary(const struct cb_dataset_path *path, uint32_t dims, const char *name, size_t length)
{
    size_t primary = primary_length(name, length);
    if (is_name(name, primary, "component"))
        return path->component != NULL;
    if (is_name(name, primary, "id"))
        return path->dataset_id != NULL;
    if (is_special(name, primary))
        return true;
    const struct cb_element *element = dimension_named(name, primary);
    return element != NULL && (dims & CB_DIM(cb_element_index(element))) != 0;
}

/* Of alternatives the first that is there, else the first. */
static void choose_name(const struct cb_dataset_path *path, uint32_t dims, const char *names,
                        const char **ret_name, size_t *ret_length)
{
    *ret_name = names;
    *ret_length = name_length(names);
    for (const char *name = names; *name != '\0';) {
        size_t length = name_length(name);
        if (has_primary(path, dims, name, length)) {
            *ret_name = name;
            *ret_length = length;
            return;
        }
        name += length + (name[length] == '|');
    }
}

/* ---- values ---- */

/* What stands for a field; is_number: right-aligned and padded as numbers are. */
struct value {
    const char *text;
    bool is_number;
    char digits[CB_DIMENSION_TEXT_SIZE];
};

static bool dimension_value(const struct cb_dataset_path *path, const struct cb_element *element,
                            struct value *ret_value)
{
    enum cb_element_index index = cb_element_index(element);
    if (!cb_data_id_has(path->id, index))
        return false;
    cb_data_id_value(path->id, index, ret_value->digits);
    ret_value->text = ret_value->digits;
    ret_value->is_number = cb_data_id_text(path->id, index) == NULL;
    return true;
}

/* A column of a dimension's record. False: it has none of that name. */
static bool column_value(const struct cb_dataset_path *path, const struct cb_element *element,
                         const char *name, size_t length, struct value *ret_value)
{
    const struct cb_column *column = cb_element_column(element, name, length);
    if (column == NULL)
        return false;
    if (column->role == CB_COLUMN_PRIMARY)
        return dimension_value(path, element, ret_value);
    if (column->role == CB_COLUMN_REQUIRED || column->role == CB_COLUMN_IMPLIED)
        return dimension_value(path, cb_element_find(column->name, strlen(column->name)), ret_value);
    enum cb_element_index index = cb_element_index(element);
    ret_value->text = NULL;
    if (index == CB_EXPOSURE && is_name(name, length, "obs_id"))
        ret_value->text = path->obs_id;
    else if (index == CB_DETECTOR && is_name(name, length, "full_name"))
        ret_value->text = path->detector_name;
    for (size_t i = 0; ret_value->text == NULL && path->columns != NULL && i < path->columns->count; i++)
        if (path->columns->item[i].element == index && path->columns->item[i].column == column)
            ret_value->text = path->column_texts[i];
    ret_value->is_number = column->type == CB_TYPE_INT;
    return ret_value->text != NULL;
}

static bool field_value(const struct cb_dataset_path *path, uint32_t dims, const char *name, size_t length,
                        struct value *ret_value)
{
    *ret_value = (struct value){ 0 };
    if (!has_primary(path, dims, name, length))
        return false;
    size_t primary = primary_length(name, length);
    const struct cb_element *element = dimension_named(name, primary);
    if (element != NULL)
        return primary < length
                   ? column_value(path, element, name + primary + 1, length - primary - 1, ret_value)
                   : dimension_value(path, element, ret_value);
    ret_value->text = primary < length                       ? NULL
                      : is_name(name, length, "run")         ? path->run
                      : is_name(name, length, "id")          ? path->dataset_id
                      : is_name(name, length, "datasetType") ? path->dataset_type
                                                             : path->component;
    return ret_value->text != NULL;
}

/* ---- formats ---- */

struct format {
    char fill, align; /* align 0: the type's own */
    size_t width;
};

/* "[[fill]align][0][width][d|s]" */
static bool read_format(const char *spec, bool is_number, struct format *ret_format)
{
    struct format format = { ' ', '\0', 0 };
    const char *c = spec;
    if (c[0] != '\0' && c[1] != '\0' && strchr("<>^", c[1]) != NULL) {
        format.fill = c[0];
        format.align = c[1];
        c += 2;
    } else if (c[0] != '\0' && strchr("<>^", c[0]) != NULL) {
        format.align = *c++;
    }
    if (*c == '0') {
        if (format.align == '\0') {
            format.fill = '0';
            format.align = is_number ? '=' : '<';
        }
        c++;
    }
    for (; isdigit((unsigned char)*c) && format.width <= WIDTH_MAX; c++)
        format.width = format.width * 10 + (size_t)(*c - '0');
    if (*c == (is_number ? 'd' : 's'))
        c++;
    *ret_format = format;
    return *c == '\0' && format.width <= WIDTH_MAX;
}

static char clean(char c, bool keep_slash)
{
    if (c == '/')
        return (char)(keep_slash ? '/' : '_');
    return (char)(strchr(" <>:\"\\|?*", c) != NULL ? '_' : c);
}

static void put_fill(struct cb_bytes *text, char fill, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cb_bytes_add(text, &fill, 1);
}

/* How many characters: bytes of UTF-8 that begin one. */
static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static void put_value(struct cb_bytes *text, const struct value *value, const struct format *format,
                      bool keeps_slash)
{
    size_t length = characters(value->text), pad = format->width > length ? format->width - length : 0;
    char align = format->align;
    if (align == '\0')
        align = value->is_number ? '>' : '<';
    size_t before = align == '>' ? pad : align == '^' ? pad / 2 : 0;
    const char *c = value->text;
    put_fill(text, format->fill, before);
    if (align == '=') {
        if (*c == '-')
            cb_bytes_add(text, c++, 1);
        put_fill(text, format->fill, pad);
        before = pad;
    }
    for (; *c != '\0'; c++) {
        char character = clean(*c, keeps_slash);
        cb_bytes_add(text, &character, 1);
    }
    put_fill(text, format->fill, pad - before);
}

/* ---- the whole ---- */

static bool put_piece(const char *template, const struct cb_dataset_path *path, uint32_t dims,
                      const struct piece *piece, struct cb_bytes *text, struct cb_error *err)
{
    struct value value;
    struct format format;
    const char *name = "";
    size_t length = 0;
    bool known = false;
    if (piece->has_field) {
        choose_name(path, dims, piece->names, &name, &length);
        known = field_value(path, dims, name, length, &value);
        if (!known && !piece->is_optional)
            return cb_fail(err, CB_ERR_INVALID,
                           "no path for dataset type \"%s\": field {%.*s} of its template has no value",
                           path->dataset_type, (int)length, name);
    }
    /* what stands before an absent field goes with it, but not a folder's end */
    if (!piece->has_field || known || memchr(piece->literal, '/', piece->literal_length) != NULL)
        cb_bytes_add(text, piece->literal, piece->literal_length);
    if (!known)
        return true;
    if (!read_format(piece->spec, value.is_number, &format))
        return cb_fail(err, CB_ERR_INVALID,
                       "file template \"%.100s\": format \"%s\" does not suit the value of {%.*s}", template,
                       piece->spec, (int)length, name);
    put_value(text, &value, &format, piece->keeps_slash);
    return true;
}

/* The file's own name has neither dots nor hashes; folders keep theirs. */
static void put_tail(struct cb_bytes *text, const char *tail)
{
    for (const char *c = tail; *c != '\0'; c++)
        cb_bytes_puts(text, *c == '.' ? "_" : *c == '#' ? "HASH" : (const char[]){ *c, '\0' });
}

/* Folders without ".", ".." and double slashes. False: it leads out of the root. */
static bool put_folders(struct cb_bytes *text, const char *folders, size_t length)
{
    size_t begin = text->size;
    for (const char *part = folders; part < folders + length;) {
        size_t n = strcspn(part, "/");
        if (n == 2 && strncmp(part, "..", 2) == 0) {
            if (text->size == begin)
                return false;
            text->size--;
            while (text->size > begin && text->data[text->size - 1] != '/')
                text->size--;
        } else if (n > 0 && !(n == 1 && *part == '.')) {
            cb_bytes_printf(text, "%.*s/", (int)n, part);
        }
        part += n + 1;
    }
    return true;
}

bool cb_path_template_format(const char *template, const struct cb_dataset_path *path, struct cb_bytes *text,
                             struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes raw = CB_BYTES((size_t)2 * CB_DATASET_PATH_SIZE);
    uint32_t dims = cb_dimensions_expand(path->dimensions) & path->id->has;
    bool uses_component = false;
    for (const char *at = template; *at != '\0';) {
        struct piece piece;
        if (!next_piece(template, &at, &piece, err) || !put_piece(template, path, dims, &piece, &raw, err))
            return false;
        uses_component = uses_component || (piece.has_field && strcmp(piece.names, "component") == 0);
    }
    if (path->component != NULL && !uses_component)
        return cb_fail(err, CB_ERR_INVALID, "file template \"%.100s\" does not use component \"%s\"",
                       template, path->component);
    const char *whole = cb_bytes_text(&raw), *slash = strrchr(whole, '/');
    size_t folders = slash != NULL ? (size_t)(slash - whole) + 1 : 0;
    if (!cb_bytes_ok(&raw) || !put_folders(text, whole, folders))
        return cb_fail(err, CB_ERR_INVALID, "no path for dataset type \"%s\": \"%.200s\" is none",
                       path->dataset_type, whole);
    put_tail(text, whole + folders);
    return true;
}

/* ---- checks ---- */

/* What a template has of each sort. */
struct census {
    bool run, id, dimension, collection;
};

static void count_names(const char *names, struct census *census)
{
    for (const char *name = names; *name != '\0';) {
        size_t length = name_length(name), primary = primary_length(name, length);
        census->run = census->run || is_name(name, length, "run");
        census->id = census->id || is_name(name, length, "id");
        census->collection = census->collection || is_name(name, length, "collection");
        census->dimension = census->dimension || !is_special(name, primary);
        name += length + (name[length] == '|');
    }
}

bool cb_path_template_check(const char *template, struct cb_error *err)
{
    struct census census = { false };
    struct format format;
    for (const char *at = template; *at != '\0';) {
        struct piece piece;
        if (!next_piece(template, &at, &piece, err))
            return false;
        if (!piece.has_field)
            continue;
        if (!read_format(piece.spec, true, &format) && !read_format(piece.spec, false, &format))
            return fail_template(template, err, "has a format that calbus does not know");
        count_names(piece.names, &census);
    }
    const char *slash = strrchr(template, '/'), *file = slash != NULL ? slash : template;
    if (census.collection)
        return fail_template(template, err, "has {collection}, which is {run} today");
    if (!census.run && !census.id)
        return fail_template(template, err, "has neither {run} nor {id}");
    if (!census.dimension && !census.id)
        return fail_template(template, err, "has no dimension");
    if (strstr(template, "../") != NULL)
        return fail_template(template, err, "has a jump to the folder above");
    return !census.id || strstr(file, "{id}") != NULL ||
           fail_template(template, err, "has {id}, but not in the file's name");
}

static bool add_column(const char *template, const struct cb_element *element, const char *name,
                       size_t length, struct cb_path_columns *columns, struct cb_error *err)
{
    const struct cb_column *column = cb_element_column(element, name, length);
    enum cb_element_index index = cb_element_index(element);
    if (column == NULL || (column->role != CB_COLUMN_ALTERNATE && column->role != CB_COLUMN_METADATA) ||
        (index == CB_EXPOSURE && is_name(name, length, "obs_id")) ||
        (index == CB_DETECTOR && is_name(name, length, "full_name")))
        return true;
    for (size_t i = 0; i < columns->count; i++)
        if (columns->item[i].column == column)
            return true;
    if (column->type == CB_TYPE_TIMESPAN || column->type == CB_TYPE_REGION || column->type == CB_TYPE_HASH)
        return fail_template(template, err, "has a field that can be no part of a path");
    if (columns->count == CB_PATH_MAX_COLUMNS)
        return fail_template(template, err, "has too many columns of records");
    columns->item[columns->count].element = index;
    columns->item[columns->count++].column = column;
    return true;
}

bool cb_path_template_columns(const char *template, uint32_t dims, struct cb_path_columns *ret_columns,
                              struct cb_error *err)
{
    struct cb_path_columns columns = { .count = 0 };
    for (const char *at = template; *at != '\0';) {
        struct piece piece;
        if (!next_piece(template, &at, &piece, err))
            return false;
        for (const char *name = piece.names; *name != '\0';) {
            size_t length = name_length(name), primary = primary_length(name, length);
            const struct cb_element *element = primary < length ? dimension_named(name, primary) : NULL;
            if (element != NULL && (dims & CB_DIM(cb_element_index(element))) != 0 &&
                !add_column(template, element, name + primary + 1, length - primary - 1, &columns, err))
                return false;
            name += length + (name[length] == '|');
        }
    }
    *ret_columns = columns;
    return true;
}
