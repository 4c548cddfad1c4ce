/* A bps template: the YAML file that `bps submit` is given, rendered into what a run is asked for. */
#include "engine/template.h"

#include "base/alloc.h"
#include "io/yaml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CB_TEMPLATE_TEXT_MAX (1U << 20)
#define CB_INCLUDE_DEPTH 16

/* One scalar of the merged files: "payload.output" -> text. */
struct entry {
    char *key, *value;
    char *file;
    size_t line;
};

struct loader {
    const struct cb_environment *environment;
    const char *timestamp;
    struct entry *entry;
    size_t count, room;
    char **filled; /* values that {name} was replaced by, kept until the end */
    size_t filled_count;
    struct cb_error *name_error;
    bool name_failed;
};

void cb_texts_add(struct cb_texts *texts, const char *text, size_t length)
{
    texts->at = cb_xrealloc_array(texts->at, texts->count + 1, sizeof *texts->at);
    texts->at[texts->count++] = cb_xstrndup(text, length);
}

bool cb_texts_has(const struct cb_texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->count; i++) {
        if (strcmp(texts->at[i], text) == 0)
            return true;
    }
    return false;
}

void cb_texts_done(struct cb_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->at[i]);
    free(texts->at);
    *texts = (struct cb_texts){ 0 };
}

static struct entry *entry_find(const struct loader *loader, const char *key, size_t length)
{
    for (size_t i = 0; i < loader->count; i++) {
        if (strncmp(loader->entry[i].key, key, length) == 0 && loader->entry[i].key[length] == '\0')
            return &loader->entry[i];
    }
    return NULL;
}

/* Keep a value unless the key is there already: stronger files come first. */
static void entry_put(struct loader *loader, const char *key, const char *value, const char *file,
                      size_t line)
{
    if (entry_find(loader, key, strlen(key)) != NULL)
        return;
    if (loader->count == loader->room) {
        loader->room = loader->room == 0 ? 32 : 2 * loader->room;
        loader->entry = cb_xrealloc_array(loader->entry, loader->room, sizeof *loader->entry);
    }
    loader->entry[loader->count++] = (struct entry){
        .key = cb_xstrdup(key), .value = cb_xstrdup(value), .file = cb_xstrdup(file), .line = line
    };
}

/* A list is kept as one text, its items between commas. */
static bool join_list(const struct cb_yaml *yaml, const struct cb_yaml_node *list, struct cb_bytes *out,
                      struct cb_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *text = cb_yaml_text(list->item[i]);
        if (text == NULL)
            return cb_yaml_fail(yaml, list->item[i], err, "a text is expected here");
        cb_bytes_printf(out, "%s%s", i > 0 ? "," : "", text);
    }
    return true;
}

static bool put_tree(struct loader *loader, const struct cb_yaml *yaml, const struct cb_yaml_node *node,
                     const char *path, struct cb_error *err)
{
    const char *file = cb_yaml_origin(yaml);

    for (size_t i = 0; i < node->count; i++) {
        const char *name = cb_yaml_key(node, i);
        const struct cb_yaml_node *value = cb_yaml_value(node, i);
        if (name == NULL)
            return cb_yaml_fail(yaml, value, err, "a key must be a text");
        cb_auto(cb_free) char *key = cb_xasprintf("%s%s%s", path, *path != '\0' ? "." : "", name);
        if (value->kind == CB_YAML_MAPPING) {
            if (!put_tree(loader, yaml, value, key, err))
                return false;
        } else if (value->kind == CB_YAML_SEQUENCE) {
            cb_auto_bytes struct cb_bytes list = CB_BYTES(CB_TEMPLATE_TEXT_MAX);
            if (!join_list(yaml, value, &list, err))
                return false;
            entry_put(loader, key, cb_bytes_text(&list), file, value->line);
        } else {
            entry_put(loader, key, cb_yaml_is_null(value) ? "" : value->text, file, value->line);
        }
    }
    return true;
}

/* A path of the list includeConfigs: variables filled in, relative to the including file. */
static char *include_path(const char *including, const char *path)
{
    const char *slash = strrchr(including, '/');
    if (*path == '/' || slash == NULL)
        return cb_xstrdup(path);
    return cb_xasprintf("%.*s/%s", (int)(slash - including), including, path);
}

static bool load_file(struct loader *loader, const char *path, int depth, struct cb_error *err);

static bool load_includes(struct loader *loader, const struct cb_yaml *yaml,
                          const struct cb_yaml_node *includes, int depth, struct cb_error *err)
{
    size_t count = includes->kind == CB_YAML_SEQUENCE ? includes->count : 1;

    /* Of two included files the later one wins, so it is put first. */
    for (size_t i = count; i-- > 0;) {
        const struct cb_yaml_node *item = includes->kind == CB_YAML_SEQUENCE ? includes->item[i] : includes;
        const char *text = cb_yaml_text(item);
        if (text == NULL)
            return cb_yaml_fail(yaml, item, err, "includeConfigs must name files");
        cb_auto_bytes struct cb_bytes expanded = CB_BYTES(CB_TEMPLATE_TEXT_MAX);
        if (!cb_expand_variables(text, loader->environment, NULL, NULL, &expanded, err))
            return cb_context(err, "%s:%zu: includeConfigs", cb_yaml_origin(yaml), item->line);
        cb_auto(cb_free) char *path = include_path(cb_yaml_origin(yaml), cb_bytes_text(&expanded));
        if (!load_file(loader, path, depth + 1, err))
            return false;
    }
    return true;
}

static bool load_file(struct loader *loader, const char *path, int depth, struct cb_error *err)
{
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;

    if (depth > CB_INCLUDE_DEPTH)
        return cb_fail(err, CB_ERR_INVALID, "%s: files that include each other without end", path);
    if (!cb_yaml_read(path, &yaml, err))
        return cb_context(err, "cannot read template \"%s\"", path);
    const struct cb_yaml_node *root = cb_yaml_root(yaml);
    if (root == NULL || root->kind != CB_YAML_MAPPING)
        return cb_fail(err, CB_ERR_INVALID, "%s is no bps template: it holds no keys", path);
    if (!put_tree(loader, yaml, root, "", err))
        return false;
    const struct cb_yaml_node *includes = cb_yaml_get(root, "includeConfigs");
    return includes == NULL || cb_yaml_is_null(includes) || load_includes(loader, yaml, includes, depth, err);
}

/* environmentDefaults.NAME, itself with variables. */
static const char *variable_default(void *self, const char *name, size_t length)
{
    struct loader *loader = self;
    cb_auto(cb_free) char *key = cb_xasprintf("environmentDefaults.%.*s", (int)length, name);
    const struct entry *entry = entry_find(loader, key, strlen(key));
    cb_auto_bytes struct cb_bytes value = CB_BYTES(CB_TEMPLATE_TEXT_MAX);

    if (entry == NULL || !cb_expand_variables(entry->value, loader->environment, NULL, NULL, &value, NULL))
        return NULL;
    loader->filled = cb_xrealloc_array(loader->filled, loader->filled_count + 1, sizeof *loader->filled);
    return loader->filled[loader->filled_count++] = cb_bytes_steal(&value);
}

static bool fill_variables(struct loader *loader, const struct entry *entry, struct cb_bytes *out,
                           struct cb_error *err)
{
    if (!cb_expand_variables(entry->value, loader->environment, variable_default, loader, out, err))
        return cb_context(err, "%s:%zu: %s", entry->file, entry->line, entry->key);
    return true;
}

/* Where {name} looks: the top level, payload, then what bps itself provides. */
static const char *name_value(void *self, const char *name, size_t length)
{
    struct loader *loader = self;
    cb_auto(cb_free) char *in_payload = cb_xasprintf("payload.%.*s", (int)length, name);
    const struct entry *entry = entry_find(loader, name, length);

    if (entry == NULL)
        entry = entry_find(loader, in_payload, strlen(in_payload));
    if (entry == NULL) {
        if (length == strlen("timestamp") && strncmp(name, "timestamp", length) == 0)
            return loader->timestamp;
        return strcmp(in_payload, "payload.outputRun") == 0 ? "{output}/{timestamp}" : NULL;
    }
    cb_auto_bytes struct cb_bytes value = CB_BYTES(CB_TEMPLATE_TEXT_MAX);
    if (!fill_variables(loader, entry, &value, loader->name_error)) {
        loader->name_failed = true;
        return "";
    }
    loader->filled = cb_xrealloc_array(loader->filled, loader->filled_count + 1, sizeof *loader->filled);
    return loader->filled[loader->filled_count++] = cb_bytes_steal(&value);
}

static bool render(struct loader *loader, const struct entry *entry, char **ret_text, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes expanded = CB_BYTES(CB_TEMPLATE_TEXT_MAX),
                                  named = CB_BYTES(CB_TEMPLATE_TEXT_MAX);

    if (!fill_variables(loader, entry, &expanded, err))
        return false;
    loader->name_error = err;
    loader->name_failed = false;
    bool done = cb_expand_names(cb_bytes_text(&expanded), name_value, loader, &named, err);
    if (loader->name_failed)
        return false;
    if (!done)
        return cb_context(err, "%s:%zu: %s", entry->file, entry->line, entry->key);
    if (!cb_bytes_ok(&named))
        return cb_fail(err, CB_ERR_INVALID, "%s:%zu: %s is too long when filled in", entry->file, entry->line,
                       entry->key);
    *ret_text = cb_bytes_steal(&named);
    return true;
}

/* A key that a run needs, or with `otherwise` one that it can do without. */
static bool take(struct loader *loader, const char *path, const char *key, const char *otherwise,
                 char **ret_text, struct cb_error *err)
{
    const struct entry *entry = entry_find(loader, key, strlen(key));
    const struct entry stand_in = {
        .key = (char *)key, .value = (char *)otherwise, .file = (char *)path, .line = 1
    };

    if (entry == NULL && otherwise == NULL)
        return cb_fail(err, CB_ERR_INVALID, "template \"%s\" has no %s", path, key);
    return render(loader, entry != NULL ? entry : &stand_in, ret_text, err);
}

static bool take_submit_path(struct loader *loader, struct cb_template *template, struct cb_error *err)
{
    struct cb_error why = { 0 };
    const struct entry *entry = entry_find(loader, "submitPath", strlen("submitPath"));

    if (entry == NULL || *entry->value == '\0')
        return true;
    if (render(loader, entry, &template->submit_path, &why))
        return true;
    if (strstr(why.text, "environment variable SCRATCH is not set") == NULL) {
        if (err != NULL)
            *err = why;
        return false;
    }
    cb_auto(cb_free) char *warning = cb_xasprintf("no record of the submission is kept: %s", why.text);
    cb_texts_add(&template->warnings, warning, strlen(warning));
    return true;
}

void cb_collections_split(const char *text, struct cb_texts *ret_collections)
{
    while (*text != '\0') {
        size_t length = strcspn(text, ", \t\r\n\\");
        if (length > 0) {
            cb_auto(cb_free) char *name = cb_xstrndup(text, length);
            if (!cb_texts_has(ret_collections, name))
                cb_texts_add(ret_collections, name, length);
        }
        text += length;
        text += strspn(text, ", \t\r\n\\");
    }
}

/* The next word of an option line; quotes of either kind keep blanks together. NULL at the end. */
static char *next_word(const char **text, bool *ret_open_quote)
{
    cb_auto_bytes struct cb_bytes word = CB_BYTES(CB_TEMPLATE_TEXT_MAX);
    const char *at = *text + strspn(*text, " \t\r\n");
    char quote = '\0';

    if (*at == '\0')
        return NULL;
    for (; *at != '\0' && (quote != '\0' || strchr(" \t\r\n", *at) == NULL); at++) {
        if (quote == '\0' && (*at == '"' || *at == '\''))
            quote = *at;
        else if (quote != '\0' && *at == quote)
            quote = '\0';
        else
            cb_bytes_add(&word, at, 1);
    }
    *text = at;
    *ret_open_quote = quote != '\0';
    return cb_bytes_steal(&word);
}

static bool override_add(const char *text, struct cb_template *template, struct cb_error *err)
{
    const char *colon = strchr(text, ':');
    const char *equals = colon != NULL ? strchr(colon, '=') : NULL;

    if (equals == NULL || colon == text || equals == colon + 1)
        return cb_fail(err, CB_ERR_INVALID, "--config \"%s\" is not TASK:FIELD=VALUE", text);
    template->override =
        cb_xrealloc_array(template->override, template->overrides + 1, sizeof *template->override);
    template->override[template->overrides++] = (struct cb_override){
        .task = cb_xstrndup(text, (size_t)(colon - text)),
        .field = cb_xstrndup(colon + 1, (size_t)(equals - colon) - 1),
        .value = cb_xstrdup(equals + 1),
    };
    return true;
}

bool cb_overrides_parse(const char *text, struct cb_template *template, struct cb_error *err)
{
    bool open_quote = false;

    for (;;) {
        cb_auto(cb_free) char *word = next_word(&text, &open_quote);
        if (word == NULL)
            return true;
        if (open_quote)
            return cb_fail(err, CB_ERR_INVALID, "a quote is not closed in \"%s\"", word);
        if (strncmp(word, "--config=", 9) == 0) {
            if (!override_add(word + 9, template, err))
                return false;
            continue;
        }
        if (strcmp(word, "-c") != 0 && strcmp(word, "--config") != 0)
            return cb_fail(err, CB_ERR_INVALID,
                           "\"%s\" is no option that can be used here: only --config "
                           "TASK:FIELD=VALUE",
                           word);
        cb_auto(cb_free) char *value = next_word(&text, &open_quote);
        if (value == NULL)
            return cb_fail(err, CB_ERR_INVALID, "%s needs TASK:FIELD=VALUE after it", word);
        if (!override_add(value, template, err))
            return false;
    }
}

static struct cb_cluster *cluster_of(struct cb_template *template, const char *label, size_t length)
{
    for (size_t i = 0; i < template->clusters; i++) {
        if (strncmp(template->cluster[i].label, label, length) == 0 &&
            template->cluster[i].label[length] == '\0')
            return &template->cluster[i];
    }
    template->cluster =
        cb_xrealloc_array(template->cluster, template->clusters + 1, sizeof *template->cluster);
    template->cluster[template->clusters] = (struct cb_cluster){ .label = cb_xstrndup(label, length) };
    return &template->cluster[template->clusters++];
}

static struct cb_resources *resources_of(struct cb_template *template, const char *label, size_t length)
{
    for (size_t i = 0; i < template->resource_count; i++) {
        if (strncmp(template->resources[i].label, label, length) == 0 &&
            template->resources[i].label[length] == '\0')
            return &template->resources[i];
    }
    template->resources =
        cb_xrealloc_array(template->resources, template->resource_count + 1, sizeof *template->resources);
    template->resources[template->resource_count] =
        (struct cb_resources){ .label = cb_xstrndup(label, length) };
    return &template->resources[template->resource_count++];
}

/* "cluster.LABEL.pipetasks", "pipetask.LABEL.requestMemory": LABEL and the last part; false for anything
 * else. */
static bool label_of(const char *key, const char *head, const char **ret_label, size_t *ret_length,
                     const char **ret_field)
{
    size_t size = strlen(head);
    const char *dot = strrchr(key, '.');

    if (strncmp(key, head, size) != 0 || key[size] != '.' || dot == key + size)
        return false;
    *ret_label = key + size + 1;
    *ret_length = (size_t)(dot - *ret_label);
    *ret_field = dot + 1;
    return true;
}

static bool take_cluster(struct loader *loader, const struct entry *entry, struct cb_template *template,
                         struct cb_error *err)
{
    const char *label = NULL, *field = NULL;
    size_t length = 0;
    cb_auto(cb_free) char *text = NULL;

    if (!label_of(entry->key, "cluster", &label, &length, &field))
        return true;
    if (!render(loader, entry, &text, err))
        return false;
    struct cb_cluster *cluster = cluster_of(template, label, length);
    if (strcmp(field, "pipetasks") == 0)
        cb_collections_split(text, &cluster->pipetasks);
    else if (strcmp(field, "dimensions") == 0)
        cb_collections_split(text, &cluster->dimensions);
    return true;
}

static bool take_resources(struct loader *loader, const struct entry *entry, struct cb_template *template,
                           struct cb_error *err)
{
    const char *label = NULL, *field = NULL;
    size_t length = 0;
    cb_auto(cb_free) char *text = NULL;

    if (!label_of(entry->key, "pipetask", &label, &length, &field) ||
        (strcmp(field, "requestMemory") != 0 && strcmp(field, "requestCpus") != 0))
        return true;
    if (!render(loader, entry, &text, err))
        return false;
    char *end = NULL;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || value < 0)
        return cb_fail(err, CB_ERR_INVALID, "%s:%zu: %s is \"%s\", not a whole number", entry->file,
                       entry->line, entry->key, text);
    struct cb_resources *resources = resources_of(template, label, length);
    *(strcmp(field, "requestMemory") == 0 ? &resources->memory_mb : &resources->cpus) = value;
    return true;
}

static bool take_hints(struct loader *loader, struct cb_template *template, struct cb_error *err)
{
    const char *known = "dimension_clustering";
    const struct entry *algorithm = entry_find(loader, "clusterAlgorithm", strlen("clusterAlgorithm"));

    if (algorithm != NULL && strstr(algorithm->value, known) == NULL &&
        strstr(algorithm->value, "single_quantum_clustering") == NULL) {
        cb_auto(cb_free) char *warning =
            cb_xasprintf("clusterAlgorithm \"%s\" is unknown and ignored", algorithm->value);
        cb_texts_add(&template->warnings, warning, strlen(warning));
    }
    for (size_t i = 0; i < loader->count; i++) {
        if (!take_cluster(loader, &loader->entry[i], template, err) ||
            !take_resources(loader, &loader->entry[i], template, err))
            return false;
    }
    return true;
}

/* The template as it was understood, to be kept with the run. */
static void put_rendered(struct loader *loader, struct cb_template *template)
{
    cb_auto_bytes struct cb_bytes out = CB_BYTES(CB_TEMPLATE_TEXT_MAX);

    for (size_t i = 0; i < loader->count; i++) {
        cb_auto(cb_free) char *text = NULL;
        if (!render(loader, &loader->entry[i], &text, NULL))
            text = cb_xstrdup(loader->entry[i].value);
        cb_yaml_put_text(&out, loader->entry[i].key);
        cb_bytes_puts(&out, ": ");
        cb_yaml_put_text(&out, text);
        cb_bytes_puts(&out, "\n");
    }
    template->rendered = cb_bytes_steal(&out);
}

static bool take_all(struct loader *loader, struct cb_template *template, struct cb_error *err)
{
    const char *path = template->path;
    cb_auto(cb_free) char *inputs = NULL, *options = NULL;

    if (!take(loader, path, "pipelineYaml", NULL, &template->pipeline, err) ||
        !take(loader, path, "payload.butlerConfig", NULL, &template->repository, err) ||
        !take(loader, path, "payload.inCollection", NULL, &inputs, err) ||
        !take(loader, path, "payload.output", "", &template->output, err) ||
        !take(loader, path, "payload.outputRun", *template->output != '\0' ? "{output}/{timestamp}" : NULL,
              &template->output_run, err) ||
        !take(loader, path, "payload.dataQuery", "", &template->where, err) ||
        !take(loader, path, "payload.payloadName", "", &template->name, err) ||
        !take(loader, path, "project", "", &template->project, err) ||
        !take(loader, path, "campaign", "", &template->campaign, err) ||
        !take(loader, path, "extraQgraphOptions", "", &options, err) ||
        !take_submit_path(loader, template, err) || !take_hints(loader, template, err))
        return false;
    if (!cb_overrides_parse(options, template, err))
        return cb_context(err, "%s: extraQgraphOptions", path);
    cb_collections_split(inputs, &template->inputs);
    if (template->inputs.count == 0)
        return cb_fail(err, CB_ERR_INVALID, "%s: payload.inCollection names no collection", path);
    put_rendered(loader, template);
    return true;
}

static void loader_done(struct loader *loader)
{
    for (size_t i = 0; i < loader->count; i++) {
        free(loader->entry[i].key);
        free(loader->entry[i].value);
        free(loader->entry[i].file);
    }
    for (size_t i = 0; i < loader->filled_count; i++)
        free(loader->filled[i]);
    free(loader->entry);
    free(loader->filled);
}

bool cb_template_load(const char *path, const struct cb_environment *environment, const char *timestamp,
                      const struct cb_template_value *values, struct cb_template **ret_template,
                      struct cb_error *err)
{
    struct loader loader = { .environment = environment, .timestamp = timestamp };
    cb_auto(cb_template_free) struct cb_template *template = cb_xalloc(sizeof *template);

    template->path = cb_xstrdup(path);
    for (const struct cb_template_value *value = values; value != NULL && value->key != NULL; value++)
        entry_put(&loader, value->key, value->value, "command line", 1);
    bool done = load_file(&loader, path, 0, err) && take_all(&loader, template, err);
    loader_done(&loader);
    if (done)
        *ret_template = cb_steal(template);
    return done;
}

void cb_template_free(struct cb_template *template)
{
    if (template == NULL)
        return;
    char *texts[] = { template->path,       template->pipeline,    template->project,    template->campaign,
                      template->name,       template->submit_path, template->repository, template->output,
                      template->output_run, template->where,       template->rendered };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    for (size_t i = 0; i < template->overrides; i++) {
        free(template->override[i].task);
        free(template->override[i].field);
        free(template->override[i].value);
    }
    for (size_t i = 0; i < template->clusters; i++) {
        free(template->cluster[i].label);
        cb_texts_done(&template->cluster[i].pipetasks);
        cb_texts_done(&template->cluster[i].dimensions);
    }
    for (size_t i = 0; i < template->resource_count; i++)
        free(template->resources[i].label);
    free(template->override);
    free(template->cluster);
    free(template->resources);
    cb_texts_done(&template->inputs);
    cb_texts_done(&template->warnings);
    free(template);
}
