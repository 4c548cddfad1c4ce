/* Configuration of a task: fields with type and default, and the values that a pipeline gives them. */
#include "engine/config.h"

#include "base/alloc.h"
#include "io/yaml.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CB_NAME_MAX 128

static void value_done(struct cb_config_value *value)
{
    for (size_t i = 0; i < value->items; i++)
        free(value->item[i]);
    free(value->item);
    free(value->text);
    *value = (struct cb_config_value){ 0 };
}

/* How many letters have to change to make b of a (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
    size_t row[CB_NAME_MAX + 1], m = strlen(a), n = strlen(b);

    if (m > CB_NAME_MAX || n > CB_NAME_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[n];
}

const char *cb_nearest_name(const char *name, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t least = strlen(name) / 3 + 1; /* more letters than that: another word */

    for (; *candidates != NULL; candidates++) {
        size_t changes = distance(name, *candidates);
        if (changes <= least) {
            least = changes;
            nearest = *candidates;
        }
    }
    return nearest;
}

static bool fail_unknown(const struct cb_config *config, const char *name, struct cb_error *err)
{
    cb_auto(cb_free) const char **names = cb_xalloc_array(config->count + 1, sizeof *names);
    for (size_t i = 0; i < config->count; i++)
        names[i] = config->field[i].name;
    const char *nearest = cb_nearest_name(name, names);
    return cb_fail(err, CB_ERR_NOT_FOUND, "there is no config field \"%s\"%s%s%s", name,
                   nearest != NULL ? " (do you mean \"" : "", nearest != NULL ? nearest : "",
                   nearest != NULL ? "\"?)" : "");
}

static size_t index_of(const struct cb_config *config, const char *name)
{
    size_t i = 0;
    while (i < config->count && strcmp(config->field[i].name, name) != 0)
        i++;
    return i;
}

/* One of the texts between bars. */
static bool is_among(const char *allowed, const char *text)
{
    size_t size = strlen(text);

    while (allowed != NULL && *allowed != '\0') {
        size_t length = strcspn(allowed, "|");
        if (length == size && strncmp(allowed, text, size) == 0)
            return true;
        allowed += length + (allowed[length] == '|');
    }
    return false;
}

static bool read_list(const struct cb_yaml_node *node, struct cb_config_value *value)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(1U << 16);

    cb_bytes_puts(&text, "[");
    for (size_t i = 0; i < node->count; i++) {
        const char *item = cb_yaml_text(node->item[i]);
        if (item == NULL)
            return false;
        value->item = cb_xrealloc_array(value->item, value->items + 1, sizeof *value->item);
        value->item[value->items++] = cb_xstrdup(item);
        cb_bytes_printf(&text, "%s%s", i > 0 ? ", " : "", item);
    }
    cb_bytes_puts(&text, "]");
    value->text = cb_bytes_steal(&text);
    return true;
}

/* inf and nan as Python's float() and YAML's .inf write them. */
static bool read_special(const struct cb_yaml_node *node, double *ret_real)
{
    const char *text = cb_yaml_text(node);
    if (text == NULL)
        return false;
    double sign = *text == '-' ? -1.0 : 1.0;
    text += *text == '-' || *text == '+';
    text += *text == '.';
    if (strcasecmp(text, "inf") == 0 || strcasecmp(text, "infinity") == 0) {
        *ret_real = sign * INFINITY;
        return true;
    }
    *ret_real = NAN;
    return strcasecmp(text, "nan") == 0;
}

static bool read_value(enum cb_config_type type, const struct cb_yaml_node *node,
                       struct cb_config_value *value)
{
    bool is_scalar = node != NULL && node->kind == CB_YAML_SCALAR;

    if (type == CB_CONFIG_LIST)
        return node != NULL && node->kind == CB_YAML_SEQUENCE && read_list(node, value);
    if (!is_scalar)
        return false;
    switch (type) {
    case CB_CONFIG_BOOL:
        if (!cb_yaml_bool(node, &value->flag))
            return false;
        value->text = cb_xstrdup(value->flag ? "true" : "false");
        return true;
    case CB_CONFIG_INT:
        if (!cb_yaml_int(node, &value->integer))
            return false;
        value->real = (double)value->integer;
        value->text = cb_xasprintf("%lld", (long long)value->integer);
        return true;
    case CB_CONFIG_REAL:
        if (!cb_yaml_real(node, &value->real) && !read_special(node, &value->real))
            return false;
        value->text = cb_xasprintf("%.17g", value->real);
        return true;
    default:
        value->text = cb_xstrdup(node->text);
        return true;
    }
}

static const char *type_name(enum cb_config_type type)
{
    static const char *const names[] = { "true or false", "a whole number", "a number", "a text", "a list" };
    return names[type];
}

bool cb_config_set(struct cb_config *config, const char *name, const struct cb_yaml_node *node,
                   struct cb_error *err)
{
    size_t i = index_of(config, name);
    struct cb_config_value value = { 0 };

    if (i == config->count)
        return fail_unknown(config, name, err);
    const struct cb_config_field *field = &config->field[i];
    if (!read_value(field->type, node, &value)) {
        value_done(&value);
        return cb_fail(err, CB_ERR_INVALID, "config field \"%s\" takes %s", name, type_name(field->type));
    }
    value_done(&config->value[i]);
    config->value[i] = value;
    return true;
}

bool cb_config_set_text(struct cb_config *config, const char *name, const char *text, struct cb_error *err)
{
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;

    if (!cb_yaml_parse(text, strlen(text), name, &yaml, err))
        return false;
    return cb_config_set(config, name, cb_yaml_root(yaml), err);
}

bool cb_config_check(const struct cb_config *config, struct cb_error *err)
{
    for (size_t i = 0; i < config->count; i++) {
        const struct cb_config_field *field = &config->field[i];
        if (field->allowed != NULL && !is_among(field->allowed, config->value[i].text))
            return cb_fail(err, CB_ERR_INVALID, "%s: %s cannot be run here, only %s", field->name,
                           config->value[i].text, field->allowed);
    }
    return true;
}

struct cb_config *cb_config_new(const struct cb_config_field *fields)
{
    struct cb_config *config = cb_xalloc(sizeof *config);

    config->field = fields;
    while (fields[config->count].name != NULL)
        config->count++;
    config->value = cb_xalloc_array(config->count + 1, sizeof *config->value);
    for (size_t i = 0; i < config->count; i++) {
        struct cb_error err = { 0 };
        bool done = cb_config_set_text(config, fields[i].name, fields[i].initial, &err);
        assert(done && "a default of the task table does not fit its type");
        if (!done)
            config->value[i].text = cb_xstrdup("");
    }
    return config;
}

void cb_config_free(struct cb_config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->count; i++)
        value_done(&config->value[i]);
    free(config->value);
    free(config);
}

const struct cb_config_value *cb_config_find(const struct cb_config *config, const char *name)
{
    size_t i = index_of(config, name);
    return i < config->count ? &config->value[i] : NULL;
}

static const struct cb_config_value *must_find(const struct cb_config *config, const char *name)
{
    const struct cb_config_value *value = cb_config_find(config, name);
    assert(value != NULL);
    return value;
}

bool cb_config_flag(const struct cb_config *config, const char *name)
{
    return must_find(config, name)->flag;
}

int64_t cb_config_int(const struct cb_config *config, const char *name)
{
    return must_find(config, name)->integer;
}

double cb_config_real(const struct cb_config *config, const char *name)
{
    return must_find(config, name)->real;
}

const char *cb_config_text(const struct cb_config *config, const char *name)
{
    return must_find(config, name)->text;
}
