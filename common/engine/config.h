/* Configuration of a task: fields with type and default, and the values that a pipeline gives them. */
#pragma once

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct cb_yaml;
struct cb_yaml_node;

enum cb_config_type { CB_CONFIG_BOOL, CB_CONFIG_INT, CB_CONFIG_REAL, CB_CONFIG_TEXT, CB_CONFIG_LIST };

/* A field, under its upstream name ("overscan.maxDeviation"). */
struct cb_config_field {
    const char *name;
    enum cb_config_type type;
    const char *initial; /* as it is written in a pipeline: "true", "3.0", "MEANCLIP", "[SAT, INTRP]" */
    const char *allowed; /* values that can be run, between '|'; NULL: any */
};

struct cb_config_value {
    bool flag;
    int64_t integer;
    double real;
    char *text; /* canonical text of any type; never NULL */
    char **item;
    size_t items;
};

/* The values of one task, one for each field of its class, in their order. */
struct cb_config {
    const struct cb_config_field *field; /* ended by name NULL */
    struct cb_config_value *value;
    size_t count;
};

/* Every field at its default. */
struct cb_config *cb_config_new(const struct cb_config_field *fields);
void cb_config_free(struct cb_config *config);
CB_DEFINE_CLEANUP(struct cb_config *, cb_config_free)

/* Set a field from a YAML value. Errors: CB_ERR_NOT_FOUND no field of that name (with the nearest one that
 * there is); CB_ERR_INVALID of another type, or a value that cannot be run. Texts name the field and not the
 * place. */
CB_MUST_CHECK bool cb_config_set(struct cb_config *config, const char *name, const struct cb_yaml_node *value,
                                 struct cb_error *err);
/* The same from a text, as it stands after "FIELD=". */
CB_MUST_CHECK bool cb_config_set_text(struct cb_config *config, const char *name, const char *text,
                                      struct cb_error *err);

/* Every value is one that can be run (fields whose default cannot are refused only when they were left so).
 */
CB_MUST_CHECK bool cb_config_check(const struct cb_config *config, struct cb_error *err);

/* Values by name; the field must exist with that type (a real may be asked of an integer field). */
bool cb_config_flag(const struct cb_config *config, const char *name);
int64_t cb_config_int(const struct cb_config *config, const char *name);
double cb_config_real(const struct cb_config *config, const char *name);
const char *cb_config_text(const struct cb_config *config, const char *name); /* canonical, of any type */
const struct cb_config_value *cb_config_find(const struct cb_config *config,
                                             const char *name); /* NULL: absent */

/* The name of `candidates` (ended by NULL) that is nearest to a mistyped one, NULL when none is near. */
const char *cb_nearest_name(const char *name, const char *const *candidates);
