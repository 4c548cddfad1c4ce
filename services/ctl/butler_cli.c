/* The frame of the drop-in `butler`. */
#include "butler_cli.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "domain/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const transfers[] = { "auto", "link",       "symlink", "hardlink", "copy",
                                         "move", "relsymlink", "direct",  NULL };
static const char *const id_modes[] = { "unique", "dataid_type", "dataid_type_run", NULL };
static const char *const forms[] = {
    "table", "inverse-table", "tree", "inverse-tree", "flatten", "no-children", NULL
}; /* as enum form of query-collections */
static const char *const collection_types[] = { "RUN", "TAGGED", "CHAINED", "CALIBRATION", NULL };
static const char *const chain_modes[] = { "redefine", "extend", "remove", "prepend", "pop", NULL };

/* Options whose values are a choice, in any command. */
static const struct {
    const char *option;
    const char *const *values;
    bool any_case;
} choices[] = {
    { "transfer", transfers, true },
    { "id-generation-mode", id_modes, true },
    { "mode", chain_modes, false },
    { "chains", forms, true },
    { "collection-type", collection_types, true },
};
enum { CHOICE_COUNT = sizeof choices / sizeof choices[0] };

const char *const *butler_choices(const char *option)
{
    for (size_t i = 0; i < CHOICE_COUNT; i++)
        if (strcmp(choices[i].option, option) == 0)
            return choices[i].values;
    return NULL;
}

static bool fail_value(const struct butler_option *option, const char *text, const char *why,
                       struct cb_error *err)
{
    char letter[12] = "";
    if (option->letter != 0)
        snprintf(letter, sizeof letter, "'-%c' / ", option->letter);
    return cb_fail(err, CB_ERR_INVALID, "Invalid value for %s'--%s': '%.60s' is not %s.", letter,
                   option->name, text, why);
}

/* *text becomes the word as the list spells it. */
static bool check_choice(const struct butler_option *option, const char **text, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes why = CB_BYTES(200);
    for (size_t i = 0; i < CHOICE_COUNT; i++) {
        if (strcmp(choices[i].option, option->name) != 0)
            continue;
        cb_bytes_puts(&why, "one of ");
        for (const char *const *value = choices[i].values; *value != NULL; value++) {
            if ((choices[i].any_case ? strcasecmp(*value, *text) : strcmp(*value, *text)) == 0) {
                *text = *value;
                return true;
            }
            cb_bytes_printf(&why, "%s'%s'", value > choices[i].values ? ", " : "", *value);
        }
        return fail_value(option, *text, cb_bytes_text(&why), err);
    }
    return true;
}

/* Blanks about a number are none of it. */
static bool scan_option(const char *text, int64_t *ret_value)
{
    static const char blanks[] = " \t\n\r\f\v";
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1]) != NULL)
        length--;
    cb_auto(cb_free) char *number = cb_xstrndup(text, length);
    return cb_scan_integer(number, ret_value);
}

bool butler_args_check(const struct butler_args *args, struct cb_error *err)
{
    for (size_t i = 0; i < args->n_given; i++) {
        const struct butler_option *option = args->given[i].option;
        const char *text = args->given[i].text;
        int64_t number = 0;
        if (option->kind == BUTLER_INT && !scan_option(text, &number))
            return fail_value(option, text, "a valid integer", err);
        bool is_word = option->kind == BUTLER_TEXT || option->kind == BUTLER_LIST;
        if (is_word && !check_choice(option, &args->given[i].text, err))
            return false;
    }
    return true;
}

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
        return cb_fail(err, CB_ERR_INVALID, "No such option '--%.*s'.", (int)length, name);
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
            return cb_fail(err, CB_ERR_INVALID, "No such option '-%c'.", *c);
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
    for (size_t i = 0; i < args->n_kept; i++)
        free(args->kept[i]);
    free(args->kept);
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

/* What the last of --x and --no-x says; otherwise without them. */
static bool last_word(const struct butler_args *args, const char *name, bool otherwise)
{
    for (size_t i = args->n_given; i-- > 0;) {
        const char *given = args->given[i].option->name;
        if (strcmp(given, name) == 0)
            return true;
        if (strncmp(given, "no-", 3) == 0 && strcmp(given + 3, name) == 0)
            return false;
    }
    return otherwise;
}

bool butler_flag(const struct butler_args *args, const char *name)
{
    return last_word(args, name, false);
}

bool butler_denies(const struct butler_args *args, const char *name)
{
    return !last_word(args, name, true);
}

bool butler_int(const struct butler_args *args, const char *name, int64_t otherwise, int64_t *ret_value,
                struct cb_error *err)
{
    const char *text = butler_text(args, name, NULL);
    int64_t value = otherwise;
    if (text != NULL && !scan_option(text, &value))
        return cb_fail(err, CB_ERR_INVALID, "Invalid value for '--%s': '%s' is not a valid integer.", name,
                       text);
    *ret_value = value;
    return true;
}

static void add_item(struct butler_list *list, const char *text, size_t length)
{
    list->item = cb_xrealloc_array(list->item, list->count + 1, sizeof *list->item);
    list->item[list->count++] = cb_xstrndup(text, length);
}

/* The next comma that separates, or the end: not one within brackets, where there are commas about brackets.
 */
static size_t next_comma(const char *text, bool brackets, bool *inside)
{
    size_t n = 0;
    for (; text[n] != '\0'; n++) {
        if (text[n] == '[' || text[n] == ']')
            *inside = brackets && text[n] == '[';
        if (text[n] == ',' && !*inside)
            break;
    }
    return n;
}

/* Are there "[" before the last comma, or "]" behind the first? */
static bool has_brackets(const char *text)
{
    const char *first = strchr(text, ','), *last = strrchr(text, ','), *open = strchr(text, '[');
    return first != NULL && ((open != NULL && open < last) || strchr(first, ']') != NULL);
}

/* Parts may be empty, as in "a,,b"; behind the last comma only where there are no brackets. */
void butler_list_add(struct butler_list *list, const char *text)
{
    bool brackets = has_brackets(text), inside = false;
    for (;; text++) {
        size_t length = next_comma(text, brackets, &inside);
        if (length > 0 || text[length] != '\0' || !brackets)
            add_item(list, text, length);
        text += length;
        if (*text == '\0')
            return;
    }
}

struct butler_list butler_list_of(const struct butler_args *args, const char *name)
{
    struct butler_list list = { 0 };
    for (size_t i = 0; i < args->n_given; i++)
        if (strcmp(args->given[i].option->name, name) == 0)
            butler_list_add(&list, args->given[i].text);
    return list;
}

struct butler_list butler_words_from(const struct butler_args *args, size_t first)
{
    struct butler_list list = { 0 };
    for (size_t i = first; i < args->n_words; i++)
        butler_list_add(&list, args->words[i]);
    return list;
}

void butler_list_done(struct butler_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->item[i]);
    free(list->item);
    *list = (struct butler_list){ 0 };
}

/* Labels count only where they can be read: a path opens without. */
static bool read_index(struct cb_repo_index *ret_index, struct cb_error *err)
{
    const char *path = getenv("DAF_BUTLER_REPOSITORY_INDEX"), *map = getenv("DAF_BUTLER_REPOSITORIES");
    bool has_path = path != NULL && path[0] != '\0', has_map = map != NULL && map[0] != '\0';
    *ret_index = (struct cb_repo_index){ 0 };
    if (has_path && has_map)
        return cb_fail(err, CB_ERR_INVALID,
                       "only one of DAF_BUTLER_REPOSITORIES and DAF_BUTLER_REPOSITORY_INDEX can be set");
    return has_map ? cb_repo_index_parse(map, "$DAF_BUTLER_REPOSITORIES", ret_index, err)
                   : !has_path || cb_repo_index_read(path, ret_index, err);
}

bool butler_open(const char *name, struct cb_repo **ret_repo, struct cb_error *err)
{
    struct cb_repo_index index = { 0 };
    struct cb_error no_index = { 0 }, why = { 0 };
    bool has_index = read_index(&index, &no_index);
    bool ok = cb_repo_open(name, &index, NULL, ret_repo, &why);
    cb_repo_index_done(&index);
    if (ok)
        return true;
    return !has_index && why.kind == CB_ERR_NOT_FOUND
               ? cb_fail(err, why.kind, "%s (labels are not known: %s)", why.text, no_index.text)
               : cb_fail(err, why.kind, "%s", why.text);
}
