/* What a name in a where-expression stands for. */
#include "domain/where_names.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <string.h>
#include <strings.h>

#define NAMES_SHOWN_MAX 16

/* One part of a dotted name. */
struct part {
    const char *text;
    size_t length;
};

static size_t split(const char *text, struct part parts[3])
{
    size_t count = 0;
    for (const char *at = text; count < 3; at += parts[count - 1].length + 1) {
        parts[count] = (struct part){ at, strcspn(at, ".") };
        count++;
        if (at[parts[count - 1].length] == '\0')
            break;
    }
    return count;
}

static bool is_part(struct part part, const char *text)
{
    return strlen(text) == part.length && memcmp(text, part.text, part.length) == 0;
}

static enum cb_where_bound bound_of(struct part part)
{
    if (is_part(part, "begin"))
        return CB_BOUND_BEGIN;
    return is_part(part, "end") ? CB_BOUND_END : CB_BOUND_NONE;
}

static bool unrecognized(const char *text, struct cb_error *err)
{
    return cb_fail(err, CB_ERR_INVALID, "Unrecognized identifier '%s'.", text);
}

static struct cb_where_name key_name(enum cb_element_index dimension)
{
    return (struct cb_where_name){ .kind = CB_NAME_KEY,
                                   .dimension = dimension,
                                   .type = cb_element_key(cb_element_at(dimension))->type };
}

/* A column is a key where it holds one, else itself. */
static struct cb_where_name column_name(const struct cb_element *element, const struct cb_column *column)
{
    if (column->role == CB_COLUMN_PRIMARY)
        return key_name(cb_element_index(element));
    if (column->role == CB_COLUMN_REQUIRED || column->role == CB_COLUMN_IMPLIED)
        return key_name(cb_element_index(cb_element_find(column->name, strlen(column->name))));
    return (struct cb_where_name){
        .kind = CB_NAME_COLUMN, .element = element, .column = column, .type = column->type
    };
}

static bool find_field(const struct cb_element *element, struct part field, struct cb_where_name *ret_name,
                       struct cb_error *err)
{
    const struct cb_column *column = cb_element_column(element, field.text, field.length);
    if (column == NULL)
        return cb_fail(err, CB_ERR_INVALID, "Unrecognized field '%.*s' for %s.", (int)field.length,
                       field.text, element->name);
    if (!element->has_table && column->role != CB_COLUMN_PRIMARY && column->type != CB_TYPE_REGION)
        return cb_fail(err, CB_ERR_INVALID, "Cannot join dimension element %s with no table.", element->name);
    *ret_name = column_name(element, column);
    return true;
}

static const struct {
    const char *name;
    enum cb_column_type type;
} dataset_fields[] = { { "dataset_id", CB_TYPE_UUID },
                       { "ingest_date", CB_TYPE_DATETIME },
                       { "run", CB_TYPE_STRING },
                       { "collection", CB_TYPE_STRING },
                       { "timespan", CB_TYPE_TIMESPAN } };

#define DATASET_FIELDS (sizeof dataset_fields / sizeof dataset_fields[0])

/* DATASET_FIELDS when there is none of this name. */
static size_t dataset_field(struct part field)
{
    size_t f = 0;
    while (f < DATASET_FIELDS && !is_part(field, dataset_fields[f].name))
        f++;
    return f;
}

static const char *dataset_sql(const struct cb_where_dataset *dataset, size_t field)
{
    const char *const sql[] = { dataset->dataset_id, dataset->ingest_date, dataset->run, dataset->collection,
                                dataset->timespan };
    return sql[field];
}

static bool name_dataset(const struct cb_where_dataset *dataset, size_t field, struct cb_where_name *ret_name,
                         struct cb_error *err)
{
    const char *sql = dataset_sql(dataset, field);
    if (sql == NULL)
        return cb_fail(err, CB_ERR_INVALID, "Field '%s' of dataset type '%s' is not available in this query.",
                       dataset_fields[field].name, dataset->name);
    *ret_name = (struct cb_where_name){ .kind = CB_NAME_DATASET,
                                        .dataset = dataset,
                                        .dataset_type = dataset->name,
                                        .dataset_type_length = strlen(dataset->name),
                                        .field = dataset_fields[field].name,
                                        .field_sql = sql,
                                        .type = dataset_fields[field].type };
    return true;
}

/* The type of which the rows are datasets, NULL when they are none. */
static const struct cb_where_dataset *result_dataset(const struct cb_where_context *ctx)
{
    for (size_t i = 0; i < ctx->n_datasets; i++)
        if (!ctx->datasets[i].is_joined)
            return &ctx->datasets[i];
    return NULL;
}

static bool find_dataset_field(const char *text, struct part type, struct part field,
                               const struct cb_where_context *ctx, struct cb_where_name *ret_name,
                               struct cb_error *err)
{
    size_t f = dataset_field(field);
    const struct cb_where_dataset *rows = result_dataset(ctx);
    if (f == DATASET_FIELDS && rows != NULL && is_part(type, rows->name))
        return cb_fail(
            err, CB_ERR_INVALID,
            "Identifier '%s' references dataset type '%s' but field '%.*s' is not valid for datasets.", text,
            rows->name, (int)field.length, field.text);
    if (f == DATASET_FIELDS)
        return unrecognized(text, err);
    for (size_t i = 0; i < ctx->n_datasets; i++)
        if (is_part(type, ctx->datasets[i].name))
            return name_dataset(&ctx->datasets[i], f, ret_name, err);
    *ret_name = (struct cb_where_name){ .kind = CB_NAME_DATASET,
                                        .dataset_type = type.text,
                                        .dataset_type_length = type.length,
                                        .field = dataset_fields[f].name,
                                        .type = dataset_fields[f].type };
    return true;
}

/* Elements of the result that have a field of this name, alphabetically: index order is not. */
static size_t elements_with(struct part field, const struct cb_where_context *ctx,
                            const struct cb_element *ret_found[CB_ELEMENT_COUNT])
{
    uint32_t elements = cb_dimensions_elements(ctx->dimensions);
    size_t count = 0;
    for (size_t i = 0; i < CB_ELEMENT_COUNT; i++) {
        const struct cb_element *element = cb_element_at((enum cb_element_index)i);
        const struct cb_column *column = cb_element_column(element, field.text, field.length);
        if (!(elements & CB_DIM(i)) || column == NULL)
            continue;
        size_t at = count++;
        for (; at > 0 && strcmp(ret_found[at - 1]->name, element->name) > 0; at--)
            ret_found[at] = ret_found[at - 1];
        ret_found[at] = element;
    }
    return count;
}

static bool ambiguous(struct part field, const struct cb_element *const found[], size_t count,
                      const struct cb_where_dataset *dataset, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes list = CB_BYTES(600);
    for (size_t i = 0; i < count && i < NAMES_SHOWN_MAX; i++)
        cb_bytes_printf(&list, "%s'%s.%.*s'", i > 0 ? ", " : "", found[i]->name, (int)field.length,
                        field.text);
    if (dataset != NULL)
        cb_bytes_printf(&list, ", '%s.%.*s'", dataset->name, (int)field.length, field.text);
    return cb_fail(err, CB_ERR_INVALID, "Ambiguous identifier '%.*s' matches multiple fields: %s.",
                   (int)field.length, field.text, cb_bytes_text(&list));
}

/* A field without its element. False with err->kind NONE when nothing has it. */
static bool find_bare_field(struct part field, const struct cb_where_context *ctx,
                            struct cb_where_name *ret_name, struct cb_error *err)
{
    const struct cb_element *found[CB_ELEMENT_COUNT];
    size_t count = elements_with(field, ctx, found), of_dataset = dataset_field(field);
    const struct cb_where_dataset *dataset = of_dataset != DATASET_FIELDS ? result_dataset(ctx) : NULL;
    if (count > 1 || (count == 1 && dataset != NULL))
        return ambiguous(field, found, count, dataset, err);
    if (count == 1)
        return find_field(found[0], field, ret_name, err);
    return dataset != NULL && name_dataset(dataset, of_dataset, ret_name, err);
}

static bool resolve_one(const char *text, struct part part, const struct cb_where_context *ctx,
                        struct cb_where_name *ret_name, struct cb_error *err)
{
    if (part.length == 4 && strncasecmp(part.text, "NULL", 4) == 0) {
        *ret_name = (struct cb_where_name){ .kind = CB_NAME_NULL, .type = CB_TYPE_NULL };
        return true;
    }
    const struct cb_element *element = cb_element_find(part.text, part.length);
    if (element != NULL && cb_element_index(element) < CB_DIMENSION_COUNT) {
        *ret_name = key_name(cb_element_index(element));
        return true;
    }
    struct cb_error reason = { 0 };
    if (find_bare_field(part, ctx, ret_name, &reason))
        return true;
    return reason.kind != CB_ERR_NONE ? cb_fail(err, reason.kind, "%s", reason.text)
                                      : unrecognized(text, err);
}

static bool resolve_two(const char *text, const struct part parts[2], const struct cb_where_context *ctx,
                        struct cb_where_name *ret_name, struct cb_error *err)
{
    const struct cb_element *element = cb_element_find(parts[0].text, parts[0].length);
    if (element != NULL)
        return find_field(element, parts[1], ret_name, err);
    if (!is_part(parts[0], "timespan") || dataset_field(parts[1]) != DATASET_FIELDS)
        return find_dataset_field(text, parts[0], parts[1], ctx, ret_name, err);
    if (!resolve_one(text, parts[0], ctx, ret_name, err))
        return false;
    ret_name->bound = bound_of(parts[1]);
    return ret_name->bound != CB_BOUND_NONE || unrecognized(text, err);
}

static bool resolve_three(const char *text, const struct part parts[3], const struct cb_where_context *ctx,
                          struct cb_where_name *ret_name, struct cb_error *err)
{
    const struct cb_element *element = cb_element_find(parts[0].text, parts[0].length);
    bool ok = element != NULL ? find_field(element, parts[1], ret_name, err)
                              : find_dataset_field(text, parts[0], parts[1], ctx, ret_name, err);
    if (!ok)
        return false;
    ret_name->bound = bound_of(parts[2]);
    return ret_name->bound != CB_BOUND_NONE || unrecognized(text, err);
}

bool cb_where_name_resolve(const char *text, const struct cb_where_context *ctx,
                           struct cb_where_name *ret_name, struct cb_error *err)
{
    struct part parts[3];
    struct cb_where_name name = { 0 };
    size_t count = split(text, parts);
    bool ok = count == 1   ? resolve_one(text, parts[0], ctx, &name, err)
              : count == 2 ? resolve_two(text, parts, ctx, &name, err)
                           : resolve_three(text, parts, ctx, &name, err);
    if (!ok)
        return false;
    if (name.bound != CB_BOUND_NONE && name.type != CB_TYPE_TIMESPAN)
        return cb_fail(err, CB_ERR_INVALID, "Invalid column type %s for operator '%s'.",
                       cb_column_type_name(name.type), name.bound == CB_BOUND_BEGIN ? "begin_of" : "end_of");
    *ret_name = name;
    return true;
}

char *cb_where_name_label(const struct cb_where_name *name)
{
    const char *bound = name->bound == CB_BOUND_BEGIN ? ".begin" : name->bound == CB_BOUND_END ? ".end" : "";
    switch (name->kind) {
    case CB_NAME_KEY:
        return cb_xstrdup(cb_element_at(name->dimension)->name);
    case CB_NAME_COLUMN:
        return cb_xasprintf("%s.%s%s", name->element->name, name->column->name, bound);
    case CB_NAME_DATASET:
        return cb_xasprintf("%.*s.%s%s", (int)name->dataset_type_length, name->dataset_type, name->field,
                            bound);
    default:
        return cb_xstrdup("NULL");
    }
}
