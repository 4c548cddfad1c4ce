/* The SQL side of compiling a where-expression. */
#include "domain/where_emit.h"

#include "base/alloc.h"
#include "domain/scan.h"

#include <string.h>

void cb_where_emitter_done(struct cb_where_emitter *emitter)
{
    for (size_t i = 0; i < emitter->n_params; i++)
        free(emitter->params[i].value);
    free(emitter->params);
    emitter->params = NULL;
    emitter->n_params = 0;
}

bool cb_where_is_bigint(const char *value)
{
    int64_t integer = 0;
    return cb_scan_integer(value, &integer);
}

bool cb_where_is_finite(const char *value)
{
    return strpbrk(value, "nN") == NULL; /* inf, Infinity, nan */
}

static const char *sql_type(enum cb_column_type type, bool is_list, const char *value)
{
    switch (type) {
    case CB_TYPE_INT:
        return is_list || cb_where_is_bigint(value) ? "bigint" : "numeric";
    case CB_TYPE_DATETIME:
        return "bigint";
    case CB_TYPE_FLOAT:
        return is_list || cb_where_is_finite(value) ? "numeric" : "float8";
    case CB_TYPE_TIMESPAN:
        return "int8range";
    case CB_TYPE_UUID:
        return "uuid";
    case CB_TYPE_HASH:
        return "bytea";
    default:
        return "text";
    }
}

char *cb_where_emit_param(struct cb_where_emitter *emitter, enum cb_column_type type, bool is_list,
                          const char *value)
{
    size_t n = emitter->n_params;
    if (emitter->ctx->params_before + n >= CB_WHERE_PARAMS_MAX) {
        emitter->overflowed = true;
        return cb_xstrdup("NULL");
    }
    if ((n & (n - 1)) == 0)
        emitter->params = cb_xrealloc_array(emitter->params, n == 0 ? 1 : 2 * n, sizeof *emitter->params);
    emitter->params[n] = (struct cb_where_param){ cb_xstrdup(value), type, is_list };
    emitter->n_params++;
    return cb_xasprintf("$%zu::%s%s", emitter->ctx->params_before + n + 1, sql_type(type, is_list, value),
                        is_list ? "[]" : "");
}

static char *column_sql(struct cb_where_emitter *emitter, const struct cb_element *element,
                        const char *column)
{
    emitter->dimensions |= element->required;
    if (!element->has_table)
        return NULL;
    emitter->elements |= CB_DIM(cb_element_index(element));
    return cb_xasprintf("\"%s\".\"%s\"", element->name, column);
}

/* The last element of the query that has the key: an exposure's row already knows its day, filter and
 * instrument, so those tables need not be joined. */
static const struct cb_element *key_source(uint32_t dims, enum cb_element_index dimension)
{
    for (size_t i = CB_DIMENSION_COUNT; i-- > 0;) {
        const struct cb_element *element = cb_element_at((enum cb_element_index)i);
        if ((dims & CB_DIM(i)) && element->has_table && cb_element_key_of(element, dimension) != NULL)
            return element;
    }
    const struct cb_element *own = cb_element_at(dimension);
    return own->has_table ? own : NULL;
}

static char *key_sql(struct cb_where_emitter *emitter, enum cb_element_index dimension)
{
    emitter->dimensions |= CB_DIM(dimension);
    for (size_t i = 0; i < emitter->ctx->n_keys; i++)
        if (emitter->ctx->keys[i].dimension == dimension)
            return cb_xstrdup(emitter->ctx->keys[i].sql);
    uint32_t dims = cb_dimensions_expand(emitter->ctx->dimensions | emitter->ctx->joined_dimensions);
    if (dimension == CB_BAND && (dims & CB_DIM(CB_PHYSICAL_FILTER)) == 0) {
        emitter->elements |= CB_DIM(CB_BAND);
        return cb_xstrdup("\"band\".\"name\"");
    }
    const struct cb_element *source = key_source(dims, dimension);
    return source == NULL ? NULL : column_sql(emitter, source, cb_element_key_of(source, dimension)->name);
}

char *cb_where_emit_name(struct cb_where_emitter *emitter, const struct cb_where_name *name)
{
    char *sql = name->kind == CB_NAME_KEY       ? key_sql(emitter, name->dimension)
                : name->kind == CB_NAME_DATASET ? cb_xstrdup(name->field_sql)
                                                : column_sql(emitter, name->element, name->column->name);
    if (sql == NULL || name->bound == CB_BOUND_NONE)
        return sql;
    char *bound = cb_xasprintf("coalesce(%s(%s), 0)", name->bound == CB_BOUND_BEGIN ? "lower" : "upper", sql);
    free(sql);
    return bound;
}

void cb_where_array_add(struct cb_bytes *array, const char *value)
{
    cb_bytes_puts(array, array->size == 0 ? "{\"" : ",\"");
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            cb_bytes_puts(array, "\\");
        cb_bytes_add(array, c, 1);
    }
    cb_bytes_puts(array, "\"");
}

void cb_where_array_close(struct cb_bytes *array)
{
    cb_bytes_puts(array, array->size == 0 ? "{}" : "}");
}

static void like_literal(struct cb_bytes *like, const char *character)
{
    if (*character == '%' || *character == '_' || *character == '\\')
        cb_bytes_puts(like, "\\");
    cb_bytes_add(like, character, 1);
}

char *cb_where_like_pattern(const char *glob)
{
    cb_auto_bytes struct cb_bytes like = CB_BYTES(CB_WHERE_SQL_MAX);
    for (const char *c = glob; *c != '\0'; c++) {
        if (*c == '*' || *c == '?') {
            cb_bytes_puts(&like, *c == '*' ? "%" : "_");
        } else if (c[0] != '\\' || c[1] == '\0') {
            like_literal(&like, c);
        } else if (c[1] == '\\' && c[2] == '\0') { /* LIKE refuses an escape of nothing */
            like_literal(&like, c++);
        } else {
            bool is_dropped = c[1] == '*' || c[1] == '?' || c[1] == '\\';
            cb_bytes_add(&like, is_dropped ? c + 1 : c, is_dropped ? 1 : 2);
            c++;
        }
    }
    return cb_bytes_steal(&like);
}
