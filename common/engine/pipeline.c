/* A pipeline: tasks with their configuration and connections, checked whole. */
#include "engine/pipeline.h"

#include "base/alloc.h"
#include "engine/contract.h"
#include "engine/pipeline_file.h"
#include "io/yaml.h"

#include <stdlib.h>
#include <string.h>

#define CB_PIPELINE_TEXT_MAX (4U << 20)

/* Context of an error in one setting: "file:line: task "label": ...". */
static bool at_setting(const struct cb_draft_setting *setting, const struct cb_draft_task *task,
                       struct cb_error *err)
{
    return cb_context(err, "%s:%zu: task \"%s\"", setting->file, setting->line, task->label);
}

static size_t connection_index(const struct cb_task_class *class, const char *name)
{
    size_t i = 0;
    while (class->connections[i].name != NULL && strcmp(class->connections[i].name, name) != 0)
        i++;
    return i;
}

static bool set_connection(struct cb_pipeline_task *task, const char *name, const char *value,
                           struct cb_error *err)
{
    size_t i = connection_index(task->class, name);

    if (task->class->connections[i].name == NULL)
        return cb_fail(err, CB_ERR_NOT_FOUND, "%s has no connection \"%s\"", task->class->name, name);
    if (value == NULL || *value == '\0')
        return cb_fail(err, CB_ERR_INVALID, "connection \"%s\" needs the name of a dataset type", name);
    free(task->dataset_type[i]);
    task->dataset_type[i] = cb_xstrdup(value);
    return true;
}

/* The value of a setting, "parameters.NAME" looked up. */
static bool setting_value(const struct cb_draft *draft, const struct cb_draft_setting *setting,
                          const struct cb_yaml_node **ret_value, struct cb_error *err)
{
    const char *text = cb_yaml_text(setting->value);

    *ret_value = setting->value;
    if (text == NULL || strncmp(text, "parameters.", 11) != 0)
        return true;
    const struct cb_yaml_node *value = cb_draft_parameter(draft, text + 11);
    if (value == NULL)
        return cb_fail(err, CB_ERR_INVALID, "there is no parameter \"%s\"", text + 11);
    *ret_value = value;
    return true;
}

static bool apply_setting(const struct cb_draft *draft, const struct cb_draft_setting *setting,
                          struct cb_pipeline_task *task, struct cb_error *err)
{
    const struct cb_yaml_node *value = NULL;

    if (!setting_value(draft, setting, &value, err))
        return false;
    if (strncmp(setting->name, "connections.", 12) == 0)
        return set_connection(task, setting->name + 12, cb_yaml_text(value), err);
    return cb_config_set(task->config, setting->name, value, err);
}

static struct cb_pipeline_task *add_task(struct cb_pipeline *pipeline, const char *label,
                                         const struct cb_task_class *class)
{
    size_t connections = connection_index(class, "");

    pipeline->task = cb_xrealloc_array(pipeline->task, pipeline->tasks + 1, sizeof *pipeline->task);
    struct cb_pipeline_task *task = &pipeline->task[pipeline->tasks++];
    *task = (struct cb_pipeline_task){ .label = cb_xstrdup(label), .class = class };
    task->config = cb_config_new(class->fields);
    task->dataset_type = cb_xalloc_array(connections + 1, sizeof *task->dataset_type);
    for (size_t i = 0; i < connections; i++)
        task->dataset_type[i] = cb_xstrdup(class->connections[i].dataset_type);
    return task;
}

static bool build_task(const struct cb_draft *draft, const struct cb_draft_task *from,
                       struct cb_pipeline *pipeline, struct cb_error *err)
{
    const struct cb_task_class *class = NULL;

    if (!cb_task_class_find(from->class, &class, err))
        return cb_context(err, "%s:%zu: task \"%s\"", from->file, from->line, from->label);
    struct cb_pipeline_task *task = add_task(pipeline, from->label, class);
    for (size_t i = 0; i < from->settings; i++) {
        if (!apply_setting(draft, &from->setting[i], task, err))
            return at_setting(&from->setting[i], from, err);
    }
    return true;
}

static struct cb_pipeline_task *task_of(const struct cb_pipeline *pipeline, const char *label, size_t length)
{
    for (size_t i = 0; i < pipeline->tasks; i++) {
        if (strncmp(pipeline->task[i].label, label, length) == 0 && pipeline->task[i].label[length] == '\0')
            return &pipeline->task[i];
    }
    return NULL;
}

static bool apply_override(struct cb_pipeline *pipeline, const struct cb_override *override,
                           struct cb_error *err)
{
    struct cb_pipeline_task *task = task_of(pipeline, override->task, strlen(override->task));
    bool done = false;

    if (task == NULL)
        return cb_fail(err, CB_ERR_NOT_FOUND, "--config %s:%s: the pipeline has no task \"%s\"",
                       override->task, override->field, override->task);
    if (strncmp(override->field, "connections.", 12) == 0)
        done = set_connection(task, override->field + 12, override->value, err);
    else
        done = cb_config_set_text(task->config, override->field, override->value, err);
    return done || cb_context(err, "--config %s:%s", override->task, override->field);
}

/* What a contract sees: "label.field" and "label.connections.name". */
struct contract_view {
    const struct cb_pipeline *pipeline;
    const struct cb_draft *draft;
};

static enum cb_contract_name contract_name(void *self, const char *name, const char **ret_value)
{
    const struct contract_view *view = self;
    size_t length = strcspn(name, ".");
    const struct cb_pipeline_task *task = task_of(view->pipeline, name, length);

    if (name[length] == '\0')
        return CB_NAME_UNKNOWN;
    if (task == NULL)
        return cb_draft_knows(view->draft, name, length) ? CB_NAME_LEFT_OUT : CB_NAME_UNKNOWN;
    const char *field = name + length + 1;
    if (strncmp(field, "connections.", 12) == 0) {
        *ret_value = cb_pipeline_dataset_type(task, field + 12);
        return *ret_value != NULL ? CB_NAME_FOUND : CB_NAME_UNKNOWN;
    }
    const struct cb_config_value *value = cb_config_find(task->config, field);
    if (value == NULL)
        return CB_NAME_UNKNOWN;
    *ret_value = value->text;
    return CB_NAME_FOUND;
}

static bool check_contracts(const struct cb_draft *draft, const struct cb_pipeline *pipeline,
                            struct cb_error *err)
{
    struct contract_view view = { .pipeline = pipeline, .draft = draft };
    const struct cb_contract_names names = { .self = &view, .find = contract_name };

    for (size_t i = 0; i < draft->contracts.count; i++) {
        bool holds = false;
        if (!cb_contract_check(draft->contracts.at[i], &names, &holds, err))
            return cb_context(err, "%s", draft->origin);
        if (!holds)
            return cb_fail(err, CB_ERR_INVALID, "%s: contract does not hold: %s", draft->origin,
                           draft->contracts.at[i]);
    }
    return true;
}

static bool check_values(const struct cb_draft *draft, const struct cb_pipeline *pipeline,
                         struct cb_error *err)
{
    for (size_t i = 0; i < pipeline->tasks; i++) {
        if (!cb_config_check(pipeline->task[i].config, err))
            return cb_context(err, "%s: task \"%s\"", draft->origin, pipeline->task[i].label);
    }
    return true;
}

static bool makes(const struct cb_pipeline_task *task, const char *dataset_type)
{
    for (size_t i = 0; task->class->connections[i].name != NULL; i++) {
        const struct cb_connection *connection = &task->class->connections[i];
        if (connection->kind == CB_CONNECT_OUTPUT && strcmp(task->dataset_type[i], dataset_type) == 0 &&
            cb_connection_is_used(connection, task->config))
            return true;
    }
    return false;
}

static bool reads(const struct cb_pipeline_task *task, const char *dataset_type)
{
    for (size_t i = 0; task->class->connections[i].name != NULL; i++) {
        const struct cb_connection *connection = &task->class->connections[i];
        if (connection->kind != CB_CONNECT_OUTPUT && strcmp(task->dataset_type[i], dataset_type) == 0 &&
            cb_connection_is_used(connection, task->config))
            return true;
    }
    return false;
}

const struct cb_pipeline_task *cb_pipeline_producer(const struct cb_pipeline *pipeline,
                                                    const char *dataset_type)
{
    for (size_t i = 0; i < pipeline->tasks; i++) {
        if (makes(&pipeline->task[i], dataset_type))
            return &pipeline->task[i];
    }
    return NULL;
}

bool cb_pipeline_is_read(const struct cb_pipeline *pipeline, const char *dataset_type)
{
    for (size_t i = 0; i < pipeline->tasks; i++) {
        if (reads(&pipeline->task[i], dataset_type))
            return true;
    }
    return false;
}

/* Does a task read what one of the tasks from `first` on makes? */
static bool waits(const struct cb_pipeline *pipeline, size_t task, size_t first)
{
    const struct cb_pipeline_task *reader = &pipeline->task[task];

    for (size_t other = first; other < pipeline->tasks; other++) {
        for (size_t i = 0; reader->class->connections[i].name != NULL; i++) {
            const struct cb_connection *connection = &reader->class->connections[i];
            if (connection->kind != CB_CONNECT_OUTPUT && cb_connection_is_used(connection, reader->config) &&
                makes(&pipeline->task[other], reader->dataset_type[i]))
                return true;
        }
    }
    return false;
}

static bool same_output(const struct cb_pipeline *pipeline, struct cb_error *err)
{
    for (size_t i = 0; i < pipeline->tasks; i++) {
        const struct cb_pipeline_task *task = &pipeline->task[i];
        for (size_t c = 0; task->class->connections[c].name != NULL; c++) {
            const struct cb_pipeline_task *first = cb_pipeline_producer(pipeline, task->dataset_type[c]);
            if (task->class->connections[c].kind == CB_CONNECT_OUTPUT && first != NULL && first != task &&
                makes(task, task->dataset_type[c]))
                return cb_fail(err, CB_ERR_INVALID, "tasks \"%s\" and \"%s\" both make \"%s\"", first->label,
                               task->label, task->dataset_type[c]);
        }
    }
    return true;
}

/* Producers first; otherwise the order of the file stays. */
static bool sort_tasks(struct cb_pipeline *pipeline, struct cb_error *err)
{
    for (size_t done = 0; done < pipeline->tasks; done++) {
        size_t next = done;
        while (next < pipeline->tasks && waits(pipeline, next, done))
            next++;
        if (next == pipeline->tasks)
            return cb_fail(err, CB_ERR_INVALID, "task \"%s\" waits for its own output",
                           pipeline->task[done].label);
        struct cb_pipeline_task task = pipeline->task[next];
        memmove(&pipeline->task[done + 1], &pipeline->task[done], (next - done) * sizeof task);
        pipeline->task[done] = task;
    }
    return same_output(pipeline, err);
}

static bool build(const struct cb_draft *draft, const struct cb_override *override, size_t overrides,
                  struct cb_pipeline **ret_pipeline, struct cb_error *err)
{
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = cb_xalloc(sizeof *pipeline);

    pipeline->description = cb_xstrdup(draft->description);
    pipeline->instrument = cb_xstrdup(draft->instrument);
    for (size_t i = 0; i < draft->contracts.count; i++)
        cb_texts_add(&pipeline->contracts, draft->contracts.at[i], strlen(draft->contracts.at[i]));
    for (size_t i = 0; i < draft->tasks; i++) {
        if (!draft->task[i].left_out && !build_task(draft, &draft->task[i], pipeline, err))
            return false;
    }
    if (pipeline->tasks == 0)
        return cb_fail(err, CB_ERR_INVALID, "%s: the pipeline has no task", draft->origin);
    for (size_t i = 0; i < overrides; i++) {
        if (!apply_override(pipeline, &override[i], err))
            return false;
    }
    if (!check_values(draft, pipeline, err) || !check_contracts(draft, pipeline, err))
        return false;
    if (!sort_tasks(pipeline, err))
        return cb_context(err, "%s", draft->origin);
    *ret_pipeline = cb_steal(pipeline);
    return true;
}

bool cb_pipeline_load(const char *location, const struct cb_environment *environment,
                      const struct cb_override *override, size_t overrides, struct cb_pipeline **ret_pipeline,
                      struct cb_error *err)
{
    cb_auto(cb_draft_free) struct cb_draft *draft = NULL;

    return cb_draft_read(location, environment, &draft, err) &&
           build(draft, override, overrides, ret_pipeline, err);
}

bool cb_pipeline_parse(const char *text, const char *origin, struct cb_pipeline **ret_pipeline,
                       struct cb_error *err)
{
    cb_auto(cb_draft_free) struct cb_draft *draft = NULL;

    return cb_draft_parse(text, origin, &draft, err) && build(draft, NULL, 0, ret_pipeline, err);
}

void cb_pipeline_free(struct cb_pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    for (size_t i = 0; i < pipeline->tasks; i++) {
        struct cb_pipeline_task *task = &pipeline->task[i];
        for (size_t c = 0; task->class->connections[c].name != NULL; c++)
            free(task->dataset_type[c]);
        free(task->dataset_type);
        free(task->label);
        cb_config_free(task->config);
    }
    free(pipeline->task);
    free(pipeline->description);
    free(pipeline->instrument);
    cb_texts_done(&pipeline->contracts);
    free(pipeline);
}

static void format_value(const struct cb_config_field *field, const struct cb_config_value *value,
                         struct cb_bytes *out)
{
    cb_bytes_printf(out, "      %s: ", field->name);
    if (field->type == CB_CONFIG_LIST) {
        cb_bytes_puts(out, "[");
        for (size_t i = 0; i < value->items; i++) {
            cb_bytes_puts(out, i > 0 ? ", " : "");
            cb_yaml_put_text(out, value->item[i]);
        }
        cb_bytes_puts(out, "]\n");
        return;
    }
    if (field->type == CB_CONFIG_TEXT)
        cb_yaml_put_text(out, value->text);
    else
        cb_bytes_puts(out, value->text);
    cb_bytes_puts(out, "\n");
}

static void format_task(const struct cb_pipeline_task *task, struct cb_bytes *out)
{
    cb_auto(cb_config_free) struct cb_config *defaults = cb_config_new(task->class->fields);

    cb_bytes_printf(out, "  %s:\n    class: %s\n    config:\n", task->label, task->class->name);
    for (size_t c = 0; task->class->connections[c].name != NULL; c++) {
        cb_bytes_printf(out, "      connections.%s: ", task->class->connections[c].name);
        cb_yaml_put_text(out, task->dataset_type[c]);
        cb_bytes_puts(out, "\n");
    }
    for (size_t i = 0; i < task->config->count; i++) {
        if (strcmp(task->config->value[i].text, defaults->value[i].text) != 0)
            format_value(&task->config->field[i], &task->config->value[i], out);
    }
}

void cb_pipeline_format(const struct cb_pipeline *pipeline, struct cb_bytes *out)
{
    cb_bytes_puts(out, "description: ");
    cb_yaml_put_text(out, pipeline->description);
    if (*pipeline->instrument != '\0')
        cb_bytes_printf(out, "\ninstrument: %s", pipeline->instrument);
    cb_bytes_puts(out, "\ntasks:\n");
    for (size_t i = 0; i < pipeline->tasks; i++)
        format_task(&pipeline->task[i], out);
}

const struct cb_pipeline_task *cb_pipeline_find(const struct cb_pipeline *pipeline, const char *label)
{
    return task_of(pipeline, label, strlen(label));
}

const char *cb_pipeline_dataset_type(const struct cb_pipeline_task *task, const char *connection)
{
    size_t i = connection_index(task->class, connection);
    return task->class->connections[i].name != NULL ? task->dataset_type[i] : NULL;
}
