/* The arguments of one command, read against its table of flags. */
#include "args.h"

#include "base/alloc.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

const struct ctl_flag ctl_common_flags[] = {
    { "help", 'h', CTL_FLAG_BOOL, NULL, "Print this and exit." },
    { "json", 0, CTL_FLAG_BOOL, NULL, "Print one JSON document with its schema." },
    { "plain", 0, CTL_FLAG_BOOL, NULL, "Print tab separated values without a header." },
    { "header", 0, CTL_FLAG_BOOL, NULL, "With --plain: print the header too." },
    { "columns", 0, CTL_FLAG_LIST, "A,B", "Print these columns only, in this order." },
    { "limit", 0, CTL_FLAG_INT, "N", "Print at most N rows." },
    { "color", 0, CTL_FLAG_TEXT, "WHEN", "Colour: auto, always or never." },
    { "no-color", 0, CTL_FLAG_BOOL, NULL, "The same as --color=never." },
    { "config", 'c', CTL_FLAG_TEXT, "FILE", "Read this settings file instead of $CALBUS_HOME/calbus.conf." },
    { "set", 0, CTL_FLAG_LIST, "SECTION.KEY=VALUE", "Override a setting." },
    { "quiet", 'q', CTL_FLAG_BOOL, NULL, "Print results and errors only." },
    { "verbose", 'v', CTL_FLAG_COUNT, NULL, "Say more; may be repeated." },
    { "yes", 'y', CTL_FLAG_BOOL, NULL, "Do not ask before a dangerous action." },
    { NULL, 0, CTL_FLAG_BOOL, NULL, NULL },
};

enum { MOST_EDITS = 2, LONGEST_WORD = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t ctl_edit_distance(const char *a, const char *b, size_t most)
{
    size_t row[LONGEST_WORD + 1];
    size_t na = strlen(a), nb = strlen(b);
    if (na > LONGEST_WORD || nb > LONGEST_WORD)
        return most + 1;
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        }
    }
    return least(row[nb], most + 1);
}

const char *ctl_nearest(const char *word, const char *const *names)
{
    const char *best = NULL;
    size_t best_distance = MOST_EDITS + 1;
    for (; *names != NULL; names++) {
        size_t distance = ctl_edit_distance(word, *names, MOST_EDITS);
        if (distance < best_distance && distance < strlen(*names)) {
            best = *names;
            best_distance = distance;
        }
    }
    return best;
}

static const struct ctl_flag *find_long(const struct ctl_flag *flags, const char *name, size_t length)
{
    for (; flags != NULL && flags->name != NULL; flags++)
        if (strlen(flags->name) == length && strncmp(flags->name, name, length) == 0)
            return flags;
    return NULL;
}

static const struct ctl_flag *find_letter(const struct ctl_flag *flags, char letter)
{
    for (; flags != NULL && flags->name != NULL; flags++)
        if (flags->letter == letter)
            return flags;
    return NULL;
}

static bool unrecognized(const struct ctl_flag *flags, const char *word, size_t length, struct cb_error *err)
{
    const struct ctl_flag *const tables[] = { flags, ctl_common_flags };
    const char *names[128];
    size_t n = 0;
    for (size_t t = 0; t < 2; t++)
        for (const struct ctl_flag *flag = tables[t]; flag != NULL && flag->name != NULL && n < 127; flag++)
            names[n++] = flag->name;
    names[n] = NULL;
    cb_auto(cb_free) char *name = cb_xstrndup(word, length);
    const char *near = ctl_nearest(name, names);
    if (near == NULL)
        return cb_fail(err, CB_ERR_INVALID, "unrecognized flag \"--%s\"", name);
    return cb_fail(err, CB_ERR_INVALID, "unrecognized flag \"--%s\"; did you mean --%s?", name, near);
}

static bool take(struct ctl_args *args, const struct ctl_flag *flag, const char *value, struct cb_error *err)
{
    struct ctl_given given = { .flag = flag };
    if (flag->kind == CTL_FLAG_INT) {
        char *end = NULL;
        errno = 0;
        given.number = strtoll(value, &end, 10);
        if (end == value || *end != '\0' || errno != 0 || isspace((unsigned char)*value))
            return cb_fail(err, CB_ERR_INVALID, "value \"%s\" of --%s is not a whole number", value,
                           flag->name);
    }
    given.text = cb_xstrdup(value);
    args->given = cb_xrealloc_array(args->given, args->n_given + 1, sizeof *args->given);
    args->given[args->n_given++] = given;
    return true;
}

static bool takes_value(const struct ctl_flag *flag)
{
    return flag->kind == CTL_FLAG_TEXT || flag->kind == CTL_FLAG_LIST || flag->kind == CTL_FLAG_INT;
}

static void add_word(struct ctl_args *args, const char *word)
{
    args->words = cb_xrealloc_array(args->words, args->n_words + 2, sizeof *args->words);
    args->words[args->n_words++] = cb_xstrdup(word);
    args->words[args->n_words] = NULL;
}

struct reader {
    const struct ctl_flag *flags;
    int argc, at;
    char **argv;
    struct ctl_args args;
};

static const char *next_word(struct reader *reader)
{
    return reader->at + 1 < reader->argc ? reader->argv[++reader->at] : NULL;
}

static bool read_long(struct reader *reader, const char *word, struct cb_error *err)
{
    size_t length = strcspn(word, "=");
    const char *value = word[length] == '=' ? word + length + 1 : NULL;
    const struct ctl_flag *flag = find_long(reader->flags, word, length);
    if (flag == NULL)
        flag = find_long(ctl_common_flags, word, length);
    if (flag == NULL)
        return unrecognized(reader->flags, word, length, err);
    if (!takes_value(flag))
        return value == NULL ? take(&reader->args, flag, NULL, err)
                             : cb_fail(err, CB_ERR_INVALID, "flag --%s takes no value", flag->name);
    if (value == NULL)
        value = next_word(reader);
    if (value == NULL)
        return cb_fail(err, CB_ERR_INVALID, "flag --%s needs a value, %s", flag->name, flag->value);
    return take(&reader->args, flag, value, err);
}

static bool read_letters(struct reader *reader, const char *letters, struct cb_error *err)
{
    for (; *letters != '\0'; letters++) {
        const struct ctl_flag *flag = find_letter(reader->flags, *letters);
        if (flag == NULL)
            flag = find_letter(ctl_common_flags, *letters);
        if (flag == NULL)
            return cb_fail(err, CB_ERR_INVALID, "unrecognized flag \"-%c\"", *letters);
        if (!takes_value(flag)) {
            if (!take(&reader->args, flag, NULL, err))
                return false;
            continue;
        }
        const char *value = letters[1] != '\0' ? letters + 1 : next_word(reader);
        if (value == NULL)
            return cb_fail(err, CB_ERR_INVALID, "flag -%c needs a value, %s", *letters, flag->value);
        return take(&reader->args, flag, value, err);
    }
    return true;
}

static bool read_all(struct reader *reader, struct cb_error *err)
{
    bool flags_ended = false;
    for (; reader->at < reader->argc; reader->at++) {
        const char *word = reader->argv[reader->at];
        if (flags_ended || word[0] != '-' || word[1] == '\0')
            add_word(&reader->args, word);
        else if (strcmp(word, "--") == 0)
            flags_ended = true;
        else if (word[1] == '-' ? !read_long(reader, word + 2, err) : !read_letters(reader, word + 1, err))
            return false;
    }
    return true;
}

bool ctl_args_parse(const struct ctl_flag *flags, int argc, char **argv, struct ctl_args *ret_args,
                    struct cb_error *err)
{
    struct reader reader = { .flags = flags, .argc = argc, .argv = argv };
    reader.args.words = cb_xalloc(sizeof *reader.args.words);
    if (!read_all(&reader, err)) {
        ctl_args_done(&reader.args);
        return false;
    }
    *ret_args = reader.args;
    return true;
}

void ctl_args_done(struct ctl_args *args)
{
    for (size_t i = 0; i < args->n_given; i++)
        free(args->given[i].text);
    for (size_t i = 0; i < args->n_words; i++)
        free(args->words[i]);
    free(args->given);
    free(args->words);
    *args = (struct ctl_args){ 0 };
}

/* The last one given under this name, NULL if none. */
static const struct ctl_given *last(const struct ctl_args *args, const char *name)
{
    for (size_t i = args->n_given; i-- > 0;)
        if (strcmp(args->given[i].flag->name, name) == 0)
            return &args->given[i];
    return NULL;
}

bool ctl_args_has(const struct ctl_args *args, const char *name)
{
    return last(args, name) != NULL;
}

const char *ctl_args_text(const struct ctl_args *args, const char *name, const char *otherwise)
{
    const struct ctl_given *given = last(args, name);
    return given == NULL ? otherwise : given->text;
}

int64_t ctl_args_int(const struct ctl_args *args, const char *name, int64_t otherwise)
{
    const struct ctl_given *given = last(args, name);
    return given == NULL ? otherwise : given->number;
}

size_t ctl_args_count(const struct ctl_args *args, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < args->n_given; i++)
        n += strcmp(args->given[i].flag->name, name) == 0;
    return n;
}

char *ctl_args_item(const struct ctl_args *args, const char *name, size_t i)
{
    for (size_t g = 0; g < args->n_given; g++) {
        if (strcmp(args->given[g].flag->name, name) != 0)
            continue;
        const char *text = args->given[g].text;
        for (;;) {
            size_t length = strcspn(text, ",");
            if (length > 0 && i-- == 0)
                return cb_xstrndup(text, length);
            if (text[length] == '\0')
                break;
            text += length + 1;
        }
    }
    return NULL;
}
