/* Options of a command from a file. */
#include "butler_presets.h"

#include "base/alloc.h"
#include "io/yaml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool fail_file(struct cb_error *err, const char *why)
{
    return cb_fail(err, CB_ERR_INVALID, "Error reading overrides file: %s", why);
}

/* By long name or letter, without dashes. */
static const struct butler_option *find_option(const struct butler_command *command, const char *key)
{
    for (const struct butler_option *o = command->options; o != NULL && o->name != NULL; o++)
        if (strcmp(o->name, key) == 0 || (o->letter != 0 && key[0] == o->letter && key[1] == '\0'))
            return strncmp(o->name, "no-", 3) == 0 ? NULL : o;
    return NULL;
}

/* "dataset-type" and "dataset_type" are DATASET_TYPE. */
static bool is_word(const char *word, size_t length, const char *key)
{
    for (size_t i = 0; i < length; i++) {
        char c = (char)toupper((unsigned char)key[i]);
        if (c == '\0' || (c == '-' ? '_' : c) != word[i])
            return false;
    }
    return key[length] == '\0';
}

/* The place of an argument in "REPO PARENT [CHILDREN]...". */
static bool find_word(const struct butler_command *command, const char *key, size_t *ret_place)
{
    const char *c = command->words;
    for (size_t place = 0; *c != '\0'; place++) {
        c += strspn(c, "[ .]");
        size_t length = strcspn(c, "[]. ");
        if (length > 0 && is_word(c, length, key)) {
            *ret_place = place;
            return true;
        }
        c += length;
        c += strspn(c, "[ .]");
    }
    return false;
}

/* An option, or its opposite. */
static bool is_same_option(const char *given, const char *name)
{
    return strcmp(given, name) == 0 || (strncmp(given, "no-", 3) == 0 && strcmp(given + 3, name) == 0);
}

static bool is_given(const struct butler_args *args, const char *name)
{
    for (size_t i = 0; i < args->n_given; i++)
        if (is_same_option(args->given[i].option->name, name))
            return true;
    return false;
}

static char *keep_text(struct butler_args *args, const char *text)
{
    args->kept = cb_xrealloc_array(args->kept, args->n_kept + 1, sizeof *args->kept);
    args->kept[args->n_kept] = cb_xstrdup(text);
    return args->kept[args->n_kept++];
}

static void give(struct butler_args *args, const struct butler_option *option, const char *text)
{
    args->given = cb_xrealloc_array(args->given, args->n_given + 1, sizeof *args->given);
    args->given[args->n_given].option = option;
    args->given[args->n_given++].text = text != NULL ? keep_text(args, text) : NULL;
}

/* What "no" means to an option that has an opposite. */
static const struct butler_option *opposite(const struct butler_command *command, const char *name)
{
    for (const struct butler_option *o = command->options; o != NULL && o->name != NULL; o++)
        if (strncmp(o->name, "no-", 3) == 0 && strcmp(o->name + 3, name) == 0)
            return o;
    return NULL;
}

static bool take_flag(const struct butler_command *command, const struct butler_option *option,
                      const struct cb_yaml_node *value, struct butler_args *args, struct cb_error *err)
{
    bool truth = false;
    if (!cb_yaml_bool(value, &truth))
        return cb_fail(err, CB_ERR_INVALID, "Invalid value for '--%s': '%s' is not a valid boolean.",
                       option->name, cb_yaml_text(value) != NULL ? cb_yaml_text(value) : "");
    const struct butler_option *chosen = truth ? option : opposite(command, option->name);
    if (chosen != NULL)
        give(args, chosen, NULL);
    return true;
}

static bool take_option(const struct butler_command *command, const struct butler_option *option,
                        const struct cb_yaml_node *value, struct butler_args *args, struct cb_error *err)
{
    if (option->kind == BUTLER_FLAG)
        return take_flag(command, option, value, args, err);
    if (option->kind == BUTLER_LIST) {
        if (value->kind != CB_YAML_SEQUENCE)
            return cb_fail(err, CB_ERR_INVALID, "Invalid value for '--%s': Value must be an iterable.",
                           option->name);
        for (size_t i = 0; i < value->count; i++)
            give(args, option, cb_yaml_text(value->item[i]) != NULL ? cb_yaml_text(value->item[i]) : "");
        return true;
    }
    if (cb_yaml_text(value) == NULL)
        return cb_fail(err, CB_ERR_INVALID, "Invalid value for '--%s': no text", option->name);
    give(args, option, cb_yaml_text(value));
    return true;
}

/* Arguments of the file, by their place; NULL where it has none. */
struct places {
    const struct cb_yaml_node **value;
    size_t count;
};

/* Arguments that the command line lacks come from the file as long as none is left out. */
static void take_words(const struct places *places, struct butler_args *args)
{
    for (size_t place = args->n_words; place < places->count && places->value[place] != NULL; place++) {
        const struct cb_yaml_node *value = places->value[place];
        size_t n = value->kind == CB_YAML_SEQUENCE ? value->count : 1;
        args->words = cb_xrealloc_array(args->words, args->n_words + n + 1, sizeof *args->words);
        for (size_t i = 0; i < n; i++) {
            const char *text = cb_yaml_text(value->kind == CB_YAML_SEQUENCE ? value->item[i] : value);
            args->words[args->n_words++] = keep_text(args, text != NULL ? text : "");
        }
    }
}

static bool take_entry(const struct butler_command *command, const char *key,
                       const struct cb_yaml_node *value, struct butler_args *args, struct places *places,
                       struct cb_error *err)
{
    const struct butler_option *option = find_option(command, key);
    size_t place = 0;
    if (option != NULL)
        return is_given(args, option->name) || cb_yaml_is_null(value) ||
               take_option(command, option, value, args, err);
    if (!find_word(command, key, &place)) {
        cb_auto(cb_free) char *why = cb_xasprintf("'%.80s' is not a valid option for %s", key, command->name);
        return fail_file(err, why);
    }
    if (place >= places->count) {
        places->value = cb_xrealloc_array(places->value, place + 1, sizeof(const struct cb_yaml_node *));
        while (places->count <= place)
            places->value[places->count++] = NULL;
    }
    places->value[place] = value;
    return true;
}

static bool read_file(const char *path, struct cb_yaml **ret_yaml, struct cb_error *err)
{
    struct cb_error why = { 0 };
    if (cb_yaml_read(path, ret_yaml, &why))
        return true;
    return fail_file(err, why.text);
}

bool butler_presets_apply(const struct butler_command *command, struct butler_args *args,
                          struct cb_error *err)
{
    const char *path = butler_text(args, "options-file", NULL);
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    struct places places = { 0 };
    bool ok = true;
    if (path == NULL)
        return true;
    if (!read_file(path, &yaml, err))
        return false;
    const struct cb_yaml_node *root = cb_yaml_root(yaml);
    const struct cb_yaml_node *mine = root != NULL ? cb_yaml_get(root, command->name) : NULL;
    if (mine == NULL) {
        cb_auto(cb_free) char *why = cb_xasprintf("'%s not found'", command->name);
        return fail_file(err, why);
    }
    if (mine->kind != CB_YAML_MAPPING)
        return fail_file(err, "what stands under the command's name is no map of options");
    for (size_t i = 0; ok && i < mine->count; i++)
        ok = take_entry(command, cb_yaml_key(mine, i) != NULL ? cb_yaml_key(mine, i) : "",
                        cb_yaml_value(mine, i), args, &places, err);
    if (ok)
        take_words(&places, args);
    free(places.value);
    return ok;
}
