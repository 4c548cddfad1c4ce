/* Pipeline files as they are written: imports merged, tasks left out. */
#include "engine/pipeline_file.h"

#include "base/alloc.h"
#include "io/yaml.h"

#include <stdlib.h>
#include <string.h>

#define CB_IMPORT_DEPTH 16
#define CB_PATH_MAX 4096

/* A file being read. */
struct source {
    const struct cb_yaml *yaml;
    const char *file;
    const struct cb_environment *environment;
    int depth;
};

static bool read_into(struct cb_draft *draft, const char *path, const struct cb_environment *environment,
                      int depth, struct cb_error *err);

static struct cb_draft_task *find_task(const struct cb_draft *draft, const char *label, size_t length)
{
    for (size_t i = 0; i < draft->tasks; i++) {
        if (strncmp(draft->task[i].label, label, length) == 0 && draft->task[i].label[length] == '\0')
            return &draft->task[i];
    }
    return NULL;
}

bool cb_draft_knows(const struct cb_draft *draft, const char *label, size_t length)
{
    return find_task(draft, label, length) != NULL;
}

static struct cb_draft_subset *find_subset(const struct cb_draft *draft, const char *name)
{
    for (size_t i = 0; i < draft->subsets; i++) {
        if (strcmp(draft->subset[i].name, name) == 0)
            return &draft->subset[i];
    }
    return NULL;
}

const struct cb_yaml_node *cb_draft_parameter(const struct cb_draft *draft, const char *name)
{
    for (size_t i = 0; i < draft->parameters; i++) {
        if (strcmp(draft->parameter[i].name, name) == 0)
            return draft->parameter[i].value;
    }
    return NULL;
}

static void task_done(struct cb_draft_task *task)
{
    for (size_t i = 0; i < task->settings; i++)
        free(task->setting[i].name);
    free(task->setting);
    free(task->label);
    free(task->class);
}

static void put_setting(struct cb_draft_task *task, const char *name, const struct cb_yaml_node *value,
                        const char *file, size_t line)
{
    for (size_t i = 0; i < task->settings; i++) {
        if (strcmp(task->setting[i].name, name) == 0) {
            task->setting[i] = (struct cb_draft_setting){ task->setting[i].name, value, file, line };
            return;
        }
    }
    task->setting = cb_xrealloc_array(task->setting, task->settings + 1, sizeof *task->setting);
    task->setting[task->settings++] = (struct cb_draft_setting){ cb_xstrdup(name), value, file, line };
}

/* Settings of a config mapping; "a: {b: 1}" is the same as "a.b: 1". */
static bool put_config(const struct source *source, struct cb_draft_task *task,
                       const struct cb_yaml_node *config, const char *path, struct cb_error *err)
{
    for (size_t i = 0; i < config->count; i++) {
        const char *name = cb_yaml_key(config, i);
        const struct cb_yaml_node *value = cb_yaml_value(config, i);
        if (name == NULL)
            return cb_yaml_fail(source->yaml, value, err, "task \"%s\": a config field must be a name",
                                task->label);
        if (*path == '\0' && strcmp(name, "python") == 0)
            return cb_yaml_fail(
                source->yaml, value, err,
                "task \"%s\" configures itself by a python block, which cannot be run here: write "
                "its settings as config fields",
                task->label);
        if (*path == '\0' && strcmp(name, "file") == 0)
            return cb_yaml_fail(source->yaml, value, err,
                                "task \"%s\" takes its config from a Python file, which cannot be run here",
                                task->label);
        cb_auto(cb_free) char *full = cb_xasprintf("%s%s%s", path, *path != '\0' ? "." : "", name);
        if (value->kind == CB_YAML_MAPPING) {
            if (!put_config(source, task, value, full, err))
                return false;
            continue;
        }
        put_setting(task, full, value, source->file, value->line);
    }
    return true;
}

/* "config:" is a mapping, or a list of mappings that are applied in turn. */
static bool put_configs(const struct source *source, struct cb_draft_task *task,
                        const struct cb_yaml_node *config, struct cb_error *err)
{
    if (cb_yaml_is_null(config))
        return true;
    if (config->kind == CB_YAML_MAPPING)
        return put_config(source, task, config, "", err);
    if (config->kind != CB_YAML_SEQUENCE)
        return cb_yaml_fail(source->yaml, config, err, "task \"%s\": config must hold fields", task->label);
    for (size_t i = 0; i < config->count; i++) {
        if (config->item[i]->kind != CB_YAML_MAPPING)
            return cb_yaml_fail(source->yaml, config->item[i], err, "task \"%s\": config must hold fields",
                                task->label);
        if (!put_config(source, task, config->item[i], "", err))
            return false;
    }
    return true;
}

/* A task of another class than an imported one of its label takes its place, settings and all. */
static struct cb_draft_task *open_task(struct cb_draft *draft, const char *label, const char *class)
{
    struct cb_draft_task *task = find_task(draft, label, strlen(label));

    if (task != NULL && (class == NULL || strcmp(task->class, class) == 0)) {
        task->left_out = false;
        return task;
    }
    if (task == NULL) {
        draft->task = cb_xrealloc_array(draft->task, draft->tasks + 1, sizeof *draft->task);
        task = &draft->task[draft->tasks++];
    } else {
        task_done(task);
    }
    *task = (struct cb_draft_task){ .label = cb_xstrdup(label), .class = cb_xstrdup(class) };
    return task;
}

static bool read_task(struct cb_draft *draft, const struct source *source, const char *label,
                      const struct cb_yaml_node *node, struct cb_error *err)
{
    const char *class =
        node->kind == CB_YAML_SCALAR ? cb_yaml_text(node) : cb_yaml_text(cb_yaml_get(node, "class"));

    if (class == NULL && find_task(draft, label, strlen(label)) == NULL)
        return cb_yaml_fail(source->yaml, node, err, "task \"%s\" has no class", label);
    for (size_t i = 0; node->kind == CB_YAML_MAPPING && i < node->count; i++) {
        const char *key = cb_yaml_key(node, i);
        if (key == NULL || (strcmp(key, "class") != 0 && strcmp(key, "config") != 0))
            return cb_yaml_fail(source->yaml, cb_yaml_value(node, i), err,
                                "task \"%s\": \"%s\" is neither class nor "
                                "config",
                                label, key != NULL ? key : "?");
    }
    struct cb_draft_task *task = open_task(draft, label, class);
    task->file = source->file;
    task->line = node->line;
    const struct cb_yaml_node *config = cb_yaml_get(node, "config");
    return config == NULL || put_configs(source, task, config, err);
}

static bool read_tasks(struct cb_draft *draft, const struct source *source, const struct cb_yaml_node *tasks,
                       struct cb_error *err)
{
    if (cb_yaml_is_null(tasks))
        return true;
    if (tasks->kind != CB_YAML_MAPPING)
        return cb_yaml_fail(source->yaml, tasks, err, "tasks must be a mapping of labels");
    for (size_t i = 0; i < tasks->count; i++) {
        const char *label = cb_yaml_key(tasks, i);
        if (label == NULL)
            return cb_yaml_fail(source->yaml, tasks, err, "the label of a task must be a name");
        if (!read_task(draft, source, label, cb_yaml_value(tasks, i), err))
            return false;
    }
    return true;
}

static bool add_names(const struct source *source, const struct cb_yaml_node *node, struct cb_texts *texts,
                      struct cb_error *err)
{
    if (cb_yaml_is_null(node))
        return true;
    size_t count = node->kind == CB_YAML_SEQUENCE ? node->count : 1;
    for (size_t i = 0; i < count; i++) {
        const char *text = cb_yaml_text(node->kind == CB_YAML_SEQUENCE ? node->item[i] : node);
        if (text == NULL)
            return cb_yaml_fail(source->yaml, node, err, "a name or a list of names is expected");
        cb_texts_add(texts, text, strlen(text));
    }
    return true;
}

static bool read_subsets(struct cb_draft *draft, const struct source *source,
                         const struct cb_yaml_node *subsets, struct cb_error *err)
{
    for (size_t i = 0; subsets != NULL && i < subsets->count; i++) {
        const char *name = cb_yaml_key(subsets, i);
        const struct cb_yaml_node *value = cb_yaml_value(subsets, i), *labels = cb_yaml_get(value, "subset");
        if (name == NULL)
            return cb_yaml_fail(source->yaml, subsets, err, "a subset needs a name");
        struct cb_draft_subset *subset = find_subset(draft, name);
        if (subset == NULL) {
            draft->subset = cb_xrealloc_array(draft->subset, draft->subsets + 1, sizeof *draft->subset);
            subset = &draft->subset[draft->subsets++];
            *subset = (struct cb_draft_subset){ .name = cb_xstrdup(name) };
        }
        cb_texts_done(&subset->labels);
        if (!add_names(source, labels != NULL ? labels : value, &subset->labels, err))
            return false;
    }
    return true;
}

static void read_parameters(struct cb_draft *draft, const struct cb_yaml_node *parameters)
{
    for (size_t i = 0; parameters != NULL && parameters->kind == CB_YAML_MAPPING && i < parameters->count;
         i++) {
        const char *name = cb_yaml_key(parameters, i);
        struct cb_draft_parameter *found = NULL;
        for (size_t p = 0; name != NULL && p < draft->parameters; p++) {
            if (strcmp(draft->parameter[p].name, name) == 0)
                found = &draft->parameter[p];
        }
        if (found == NULL && name != NULL) {
            draft->parameter =
                cb_xrealloc_array(draft->parameter, draft->parameters + 1, sizeof *draft->parameter);
            found = &draft->parameter[draft->parameters++];
            found->name = cb_xstrdup(name);
        }
        if (found != NULL)
            found->value = cb_yaml_value(parameters, i);
    }
}

static bool read_contracts(struct cb_draft *draft, const struct source *source,
                           const struct cb_yaml_node *contracts, struct cb_error *err)
{
    if (cb_yaml_is_null(contracts))
        return true;
    if (contracts->kind != CB_YAML_SEQUENCE)
        return cb_yaml_fail(source->yaml, contracts, err, "contracts must be a list");
    for (size_t i = 0; i < contracts->count; i++) {
        const struct cb_yaml_node *item = contracts->item[i];
        const char *text =
            item->kind == CB_YAML_MAPPING ? cb_yaml_text(cb_yaml_get(item, "contract")) : cb_yaml_text(item);
        if (text == NULL)
            return cb_yaml_fail(source->yaml, item, err, "a contract must be a text");
        if (!cb_texts_has(&draft->contracts, text))
            cb_texts_add(&draft->contracts, text, strlen(text));
    }
    return true;
}

/* Take a name list for what it means: labels, and those of the subsets it names. */
static bool is_named(const struct cb_draft *draft, const struct cb_texts *names, const char *label)
{
    for (size_t i = 0; i < names->count; i++) {
        const struct cb_draft_subset *subset = find_subset(draft, names->at[i]);
        if (strcmp(names->at[i], label) == 0 || (subset != NULL && cb_texts_has(&subset->labels, label)))
            return true;
    }
    return false;
}

static bool check_names(const struct cb_draft *draft, const struct cb_texts *names, const char *where,
                        struct cb_error *err)
{
    for (size_t i = 0; i < names->count; i++) {
        if (find_task(draft, names->at[i], strlen(names->at[i])) == NULL &&
            find_subset(draft, names->at[i]) == NULL)
            return cb_fail(err, CB_ERR_NOT_FOUND, "%s: there is no task or subset \"%s\"", where,
                           names->at[i]);
    }
    return true;
}

/* Merge an imported draft into ours; its documents become ours. */
static void merge(struct cb_draft *draft, struct cb_draft *from, const struct cb_texts *include,
                  const struct cb_texts *exclude)
{
    for (size_t i = 0; i < from->tasks; i++) {
        const struct cb_draft_task *task = &from->task[i];
        bool left_out = task->left_out || (include->count > 0 && !is_named(from, include, task->label)) ||
                        is_named(from, exclude, task->label);
        bool known = find_task(draft, task->label, strlen(task->label)) != NULL;
        if (left_out && known)
            continue;
        struct cb_draft_task *ours = open_task(draft, task->label, task->class);
        ours->left_out = left_out;
        ours->file = task->file;
        ours->line = task->line;
        for (size_t s = 0; s < task->settings; s++)
            put_setting(ours, task->setting[s].name, task->setting[s].value, task->setting[s].file,
                        task->setting[s].line);
    }
    for (size_t i = 0; i < from->parameters; i++) {
        if (cb_draft_parameter(draft, from->parameter[i].name) == NULL) {
            draft->parameter =
                cb_xrealloc_array(draft->parameter, draft->parameters + 1, sizeof *draft->parameter);
            draft->parameter[draft->parameters++] =
                (struct cb_draft_parameter){ cb_xstrdup(from->parameter[i].name), from->parameter[i].value };
        }
    }
    for (size_t i = 0; i < from->subsets; i++) {
        if (find_subset(draft, from->subset[i].name) == NULL) {
            draft->subset = cb_xrealloc_array(draft->subset, draft->subsets + 1, sizeof *draft->subset);
            draft->subset[draft->subsets++] = from->subset[i];
            from->subset[i] = (struct cb_draft_subset){ 0 };
        }
    }
    for (size_t i = 0; i < from->contracts.count; i++) {
        if (!cb_texts_has(&draft->contracts, from->contracts.at[i]))
            cb_texts_add(&draft->contracts, from->contracts.at[i], strlen(from->contracts.at[i]));
    }
    if (*draft->instrument == '\0') {
        free(draft->instrument);
        draft->instrument = cb_xstrdup(from->instrument);
    }
    draft->yaml =
        cb_xrealloc_array(draft->yaml, draft->documents + from->documents + 1, sizeof(struct cb_yaml *));
    for (size_t i = 0; i < from->documents; i++)
        draft->yaml[draft->documents++] = from->yaml[i];
    from->documents = 0;
}

static struct cb_draft *draft_new(const char *origin)
{
    struct cb_draft *draft = cb_xalloc(sizeof *draft);
    draft->origin = cb_xstrdup(origin);
    draft->description = cb_xstrdup("");
    draft->instrument = cb_xstrdup("");
    return draft;
}

/* The path of an import: variables filled in, relative to the importing file. */
static bool import_path(const struct source *source, const char *text, char **ret_path, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes path = CB_BYTES(CB_PATH_MAX);
    const char *slash = strrchr(source->file, '/');

    if (!cb_expand_variables(text, source->environment, NULL, NULL, &path, err))
        return false;
    const char *expanded = cb_bytes_text(&path);
    *ret_path = *expanded == '/' || slash == NULL
                    ? cb_xstrdup(expanded)
                    : cb_xasprintf("%.*s/%s", (int)(slash - source->file), source->file, expanded);
    return true;
}

static bool read_import(struct cb_draft *draft, const struct source *source, const struct cb_yaml_node *node,
                        struct cb_error *err)
{
    const char *location =
        node->kind == CB_YAML_MAPPING ? cb_yaml_text(cb_yaml_get(node, "location")) : cb_yaml_text(node);
    struct cb_texts include = { 0 }, exclude = { 0 };
    cb_auto(cb_free) char *path = NULL;

    if (location == NULL)
        return cb_yaml_fail(source->yaml, node, err, "an import needs a location");
    if (!import_path(source, location, &path, err))
        return cb_context(err, "%s:%zu: import", source->file, node->line);
    cb_auto(cb_draft_free) struct cb_draft *from = draft_new(path);
    bool done = read_into(from, path, source->environment, source->depth + 1, err) &&
                add_names(source, cb_yaml_get(node, "include"), &include, err) &&
                add_names(source, cb_yaml_get(node, "exclude"), &exclude, err);
    if (done && include.count > 0 && exclude.count > 0)
        done = cb_yaml_fail(source->yaml, node, err, "an import takes include or exclude, not both");
    done = done && check_names(from, &include, source->file, err) &&
           check_names(from, &exclude, source->file, err);
    if (done)
        merge(draft, from, &include, &exclude);
    else if (err != NULL && strstr(err->text, path) == NULL)
        cb_context(err, "%s:%zu: import", source->file, node->line);
    cb_texts_done(&include);
    cb_texts_done(&exclude);
    return done;
}

static bool read_imports(struct cb_draft *draft, const struct source *source,
                         const struct cb_yaml_node *imports, struct cb_error *err)
{
    if (cb_yaml_is_null(imports))
        return true;
    if (imports->kind != CB_YAML_SEQUENCE)
        return read_import(draft, source, imports, err);
    for (size_t i = 0; i < imports->count; i++) {
        if (!read_import(draft, source, imports->item[i], err))
            return false;
    }
    return true;
}

static bool check_keys(const struct source *source, const struct cb_yaml_node *root, struct cb_error *err)
{
    static const char *const known[] = { "description", "instrument", "imports",   "inherits", "tasks",
                                         "subsets",     "parameters", "contracts", "steps",    NULL };

    for (size_t i = 0; i < root->count; i++) {
        const char *key = cb_yaml_key(root, i);
        size_t k = 0;
        while (key != NULL && known[k] != NULL && strcmp(known[k], key) != 0)
            k++;
        if (key == NULL || known[k] == NULL)
            return cb_yaml_fail(source->yaml, cb_yaml_value(root, i), err, "\"%s\" is no part of a pipeline",
                                key != NULL ? key : "?");
    }
    return true;
}

static void take_text(const struct cb_yaml_node *node, char **text)
{
    if (cb_yaml_text(node) == NULL)
        return;
    free(*text);
    *text = cb_xstrdup(cb_yaml_text(node));
}

static bool read_root(struct cb_draft *draft, const struct source *source, struct cb_error *err)
{
    const struct cb_yaml_node *root = cb_yaml_root(source->yaml);

    if (root == NULL || root->kind != CB_YAML_MAPPING)
        return cb_fail(err, CB_ERR_INVALID, "%s is no pipeline: it holds no keys", source->file);
    if (!check_keys(source, root, err) || !read_imports(draft, source, cb_yaml_get(root, "imports"), err))
        return false;
    take_text(cb_yaml_get(root, "description"), &draft->description);
    take_text(cb_yaml_get(root, "instrument"), &draft->instrument);
    read_parameters(draft, cb_yaml_get(root, "parameters"));
    return read_tasks(draft, source, cb_yaml_get(root, "tasks"), err) &&
           read_subsets(draft, source, cb_yaml_get(root, "subsets"), err) &&
           read_contracts(draft, source, cb_yaml_get(root, "contracts"), err);
}

/* Keep a document for its nodes and read it. */
static bool read_document(struct cb_draft *draft, struct cb_yaml *yaml,
                          const struct cb_environment *environment, int depth, struct cb_error *err)
{
    draft->yaml = cb_xrealloc_array(draft->yaml, draft->documents + 1, sizeof(struct cb_yaml *));
    draft->yaml[draft->documents++] = yaml;
    struct source source = {
        .yaml = yaml, .file = cb_yaml_origin(yaml), .environment = environment, .depth = depth
    };
    return read_root(draft, &source, err);
}

static bool read_into(struct cb_draft *draft, const char *path, const struct cb_environment *environment,
                      int depth, struct cb_error *err)
{
    struct cb_yaml *yaml = NULL;

    if (depth > CB_IMPORT_DEPTH)
        return cb_fail(err, CB_ERR_INVALID, "%s: files that import each other without end", path);
    if (!cb_yaml_read(path, &yaml, err))
        return cb_context(err, "cannot read pipeline \"%s\"", path);
    return read_document(draft, yaml, environment, depth, err);
}

/* "path#a,b": only the tasks and subsets named stay. */
static bool keep_only(struct cb_draft *draft, const char *labels, struct cb_error *err)
{
    struct cb_texts names = { 0 };

    cb_collections_split(labels, &names);
    bool done = check_names(draft, &names, draft->origin, err);
    for (size_t i = 0; done && i < draft->tasks; i++)
        draft->task[i].left_out = draft->task[i].left_out || !is_named(draft, &names, draft->task[i].label);
    cb_texts_done(&names);
    return done;
}

bool cb_draft_read(const char *location, const struct cb_environment *environment,
                   struct cb_draft **ret_draft, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes expanded = CB_BYTES(CB_PATH_MAX);

    if (!cb_expand_variables(location, environment, NULL, NULL, &expanded, err))
        return cb_context(err, "pipeline \"%s\"", location);
    cb_auto(cb_free) char *path = cb_bytes_steal(&expanded);
    char *labels = strchr(path, '#');
    if (labels != NULL)
        *labels++ = '\0';
    cb_auto(cb_draft_free) struct cb_draft *draft = draft_new(path);
    if (!read_into(draft, path, environment, 0, err) || (labels != NULL && !keep_only(draft, labels, err)))
        return false;
    *ret_draft = cb_steal(draft);
    return true;
}

bool cb_draft_parse(const char *text, const char *origin, struct cb_draft **ret_draft, struct cb_error *err)
{
    const struct cb_environment nothing = { 0 };
    struct cb_yaml *yaml = NULL;
    cb_auto(cb_draft_free) struct cb_draft *draft = draft_new(origin);

    if (!cb_yaml_parse(text, strlen(text), origin, &yaml, err) ||
        !read_document(draft, yaml, &nothing, 0, err))
        return false;
    *ret_draft = cb_steal(draft);
    return true;
}

void cb_draft_free(struct cb_draft *draft)
{
    if (draft == NULL)
        return;
    for (size_t i = 0; i < draft->tasks; i++)
        task_done(&draft->task[i]);
    for (size_t i = 0; i < draft->subsets; i++) {
        free(draft->subset[i].name);
        cb_texts_done(&draft->subset[i].labels);
    }
    for (size_t i = 0; i < draft->parameters; i++)
        free(draft->parameter[i].name);
    for (size_t i = 0; i < draft->documents; i++)
        cb_yaml_free(draft->yaml[i]);
    free(draft->task);
    free(draft->subset);
    free(draft->parameter);
    free(draft->yaml);
    free(draft->origin);
    free(draft->description);
    free(draft->instrument);
    cb_texts_done(&draft->contracts);
    free(draft);
}
