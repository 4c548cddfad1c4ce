/* Tasks: the table from a pipeline's class string to a C function. */
#include "engine/task.h"
#include "engine/tasks.h"

#include <string.h>

const struct cb_task_class *const cb_task_classes[] = {
    &cb_task_isr,
    &cb_task_cosmic_rays,
    &cb_task_combine,
    &cb_task_combine_by_filter,
    &cb_task_flat_measure,
    &cb_task_flat_normalize,
    &cb_task_verify_bias,
    &cb_task_verify_dark,
    &cb_task_verify_flat,
    &cb_task_verify_exp_merge,
    &cb_task_verify_exp_merge_by_filter,
    &cb_task_verify_run_merge,
    &cb_task_verify_run_merge_by_filter,
    NULL,
};

bool cb_task_class_find(const char *name, const struct cb_task_class **ret_class, struct cb_error *err)
{
    const char *names[2 * (sizeof cb_task_classes / sizeof cb_task_classes[0]) + 1] = { NULL };
    size_t count = 0;

    for (const struct cb_task_class *const *class = cb_task_classes; *class != NULL; class ++) {
        if (strcmp((*class)->name, name) == 0 ||
            ((*class)->alias != NULL && strcmp((*class)->alias, name) == 0)) {
            *ret_class = *class;
            return true;
        }
        names[count++] = (*class)->name;
        if ((*class)->alias != NULL)
            names[count++] = (*class)->alias;
    }
    const char *nearest = cb_nearest_name(name, names);
    return cb_fail(err, CB_ERR_NOT_FOUND, "there is no task class \"%s\"%s%s%s", name,
                   nearest != NULL ? " (do you mean \"" : "", nearest != NULL ? nearest : "",
                   nearest != NULL ? "\"?)" : "");
}

const struct cb_connection *cb_connection_find(const struct cb_task_class *class, const char *name)
{
    for (const struct cb_connection *connection = class->connections; connection->name != NULL;
         connection++) {
        if (strcmp(connection->name, name) == 0)
            return connection;
    }
    return NULL;
}

bool cb_connection_is_used(const struct cb_connection *connection, const struct cb_config *config)
{
    char field[64] = "";
    const char *equals = connection->when != NULL ? strchr(connection->when, '=') : NULL;

    if (connection->when == NULL)
        return true;
    if (equals == NULL)
        return cb_config_flag(config, connection->when);
    size_t length = (size_t)(equals - connection->when);
    if (length >= sizeof field)
        return false;
    memcpy(field, connection->when, length);
    return strcmp(cb_config_text(config, field), equals + 1) == 0;
}
