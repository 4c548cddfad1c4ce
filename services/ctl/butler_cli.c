/* The frame of the drop-in `butler`. */
#include "butler_cli.h"

#include "base/alloc.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct butler_option *find_long(const struct butler_option *options, const char *name,
                                             size_t length)
{
    for (const struct butler_option *o = options; o != NULL && o->name != NULL; o++)
        if (strlen(o->name) == length && strncmp(o->name, name, length) == 0)
            return o;
    return NULL;
}

static const struct butler_option *find_letter(const struct butler_option *options, char letter)
{
    for (const struct butler_option *o = options; o != NULL && o->name != NULL; o++)
        if (o->letter != 0 && o->letter == letter)
            return o;
    return NULL;
}

static void add_given(struct butler_args *args, const struct butler_option *option, const char *text)
{
    args->given = cb_xrealloc_array(args->given, args->n_given + 1, sizeof *args->given);
    args->given[args->n_given].option = option;
    args->given[args->n_given].text = text;
    args->n_given++;
}

/* "--name", "--name=value", "--name value". */
static bool take_long(const struct butler_option *options, int argc, char **argv, int *i,
                      struct butler_args *args, struct cb_error *err)
{
    const char *name = argv[*i] + 2;
    size_t length = strcspn(name, "=");
    const struct butler_option *option = find_long(options, name, length);
    if (option == NULL)
        return cb_fail(err, CB_ERR_INVALID, "No such option: --%.*s", (int)length, name);
    if (option->kind == BUTLER_FLAG) {
        if (name[length] == '=')
            return cb_fail(err, CB_ERR_INVALID, "Option '--%s' does not take a value.", option->name);
        add_given(args, option, NULL);
        return true;
    }
    if (name[length] != '=' && *i + 1 >= argc)
        return cb_fail(err, CB_ERR_INVALID, "Option '--%s' requires an argument.", option->name);
    add_given(args, option, name[length] == '=' ? name + length + 1 : argv[++*i]);
    return true;
}

/* "-t", "-tvalue", "-t value", "-vt value". */
static bool take_short(const struct butler_option *options, int argc, char **argv, int *i,
                       struct butler_args *args, struct cb_error *err)
{
    for (const char *c = argv[*i] + 1; *c != '\0'; c++) {
        const struct butler_option *option = find_letter(options, *c);
        if (option == NULL)
            return cb_fail(err, CB_ERR_INVALID, "No such option: -%c", *c);
        if (option->kind == BUTLER_FLAG) {
            add_given(args, option, NULL);
            continue;
        }
        if (c[1] == '\0' && *i + 1 >= argc)
            return cb_fail(err, CB_ERR_INVALID, "Option '-%c' requires an argument.", *c);
        add_given(args, option, c[1] != '\0' ? c + 1 : argv[++*i]);
        return true;
    }
    return true;
}

bool butler_args_parse(const struct butler_option *options, int argc, char **argv,
                       struct butler_args *ret_args, struct cb_error *err)
{
    struct butler_args args = { .words = cb_xalloc_array((size_t)argc + 1, sizeof *args.words) };
    bool only_words = false, ok = true;
    for (int i = 0; i < argc && ok; i++) {
        bool is_option = !only_words && argv[i][0] == '-' && argv[i][1] != '\0';
        if (is_option && strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (is_option)
            ok = argv[i][1] == '-' ? take_long(options, argc, argv, &i, &args, err)
                                   : take_short(options, argc, argv, &i, &args, err);
        else
            args.words[args.n_words++] = argv[i];
    }
    if (!ok) {
        butler_args_done(&args);
        return false;
    }
    *ret_args = args;
    return true;
}

void butler_args_done(struct butler_args *args)
{
    free(args->words);
    free(args->given);
    *args = (struct butler_args){ 0 };
}

const char *butler_text(const struct butler_args *args, const char *name, const char *otherwise)
{
    for (size_t i = args->n_given; i-- > 0;)
        if (strcmp(args->given[i].option->name, name) == 0)
            return args->given[i].text;
    return otherwise;
}

bool butler_flag(const struct butler_args *args, const char *name)
{
    for (size_t i = args->n_given; i-- > 0;) {
        const char *given = args->given[i].option->name;
        if (strcmp(given, name) == 0)
            return true;
        if (strncmp(given, "no-", 3) == 0 && strcmp(given + 3, name) == 0)
            return false;
    }
    return false;
}

bool butler_int(const struct butler_args *args, const char *name, int64_t otherwise, int64_t *ret_value,
                struct cb_error *err)
{
    const char *text = butler_text(args, name, NULL);
    char *end;
    if (text == NULL) {
        *ret_value = otherwise;
        return true;
    }
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno != 0)
        return cb_fail(err, CB_ERR_INVALID, "Invalid value for '--%s': '%s' is not a valid integer.", name,
                       text);
    *ret_value = value;
    return true;
}

static void add_split(struct butler_list *list, const char *text)
{
    for (;;) {
        size_t length = strcspn(text, ",");
        if (length > 0) {
            list->item = cb_xrealloc_array(list->item, list->count + 1, sizeof *list->item);
            list->item[list->count++] = cb_xstrndup(text, length);
        }
        if (text[length] == '\0')
            return;
        text += length + 1;
    }
}

struct butler_list butler_list_of(const struct butler_args *args, const char *name)
{
    struct butler_list list = { 0 };
    for (size_t i = 0; i < args->n_given; i++)
        if (strcmp(args->given[i].option->name, name) == 0)
            add_split(&list, args->given[i].text);
    return list;
}

struct butler_list butler_words_from(const struct butler_args *args, size_t first)
{
    struct butler_list list = { 0 };
    for (size_t i = first; i < args->n_words; i++)
        add_split(&list, args->words[i]);
    return list;
}

void butler_list_done(struct butler_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->item[i]);
    free(list->item);
    *list = (struct butler_list){ 0 };
}

bool butler_open(const char *name, struct cb_repo **ret_repo, struct cb_error *err)
{
    struct cb_repo_index index = { 0 };
    const char *path = getenv("DAF_BUTLER_REPOSITORY_INDEX");
    if (path != NULL && path[0] != '\0' && !cb_repo_index_read(path, &index, err))
        return false;
    bool ok = cb_repo_open(name, &index, NULL, ret_repo, err);
    cb_repo_index_done(&index);
    return ok;
}
