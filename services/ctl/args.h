/* The arguments of one command, read against its table of flags: long and short forms, values with "=" or as
 * the next word, "--" ends flags, an unrecognized flag is refused with the nearest that exists. Pure. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ctl_flag_kind {
    CTL_FLAG_BOOL,
    CTL_FLAG_TEXT, /* given twice: the last one holds */
    CTL_FLAG_LIST, /* repeatable; each value may hold commas */
    CTL_FLAG_INT,  /* whole number */
    CTL_FLAG_COUNT /* -vv */
};

struct ctl_flag {
    const char *name; /* "dry-run"; NULL ends the table */
    char letter;      /* 'n'; 0: none */
    enum ctl_flag_kind kind;
    const char *value; /* "FILE", in help; NULL for BOOL and COUNT */
    const char *help;  /* one sentence */
};

/* Flags that mean the same in every command. */
extern const struct ctl_flag ctl_common_flags[];

struct ctl_given {
    const struct ctl_flag *flag;
    char *text; /* NULL for BOOL and COUNT */
    int64_t number;
};
struct ctl_args {
    size_t n_given, n_words;
    struct ctl_given *given; /* in the order of the command line */
    char **words;            /* what is no flag; NULL-terminated */
};

/* Read argv[0..argc). flags may be NULL; the common flags are always known.
 * Errors: INVALID, naming the word and, where one is near, the flag that was perhaps meant. */
CB_MUST_CHECK bool ctl_args_parse(const struct ctl_flag *flags, int argc, char **argv,
                                  struct ctl_args *ret_args, struct cb_error *err);
void ctl_args_done(struct ctl_args *args); /* accepts zeros */

bool ctl_args_has(const struct ctl_args *args, const char *name);
const char *ctl_args_text(const struct ctl_args *args, const char *name, const char *otherwise);
int64_t ctl_args_int(const struct ctl_args *args, const char *name, int64_t otherwise);
size_t ctl_args_count(const struct ctl_args *args, const char *name); /* how often it was given */
/* The i-th value of a repeatable flag, commas split, to be freed; NULL after the last. */
char *ctl_args_item(const struct ctl_args *args, const char *name, size_t i);

/* The name in a list (NULL-terminated) nearest to `word` by at most two edits; NULL: none is near. */
const char *ctl_nearest(const char *word, const char *const *names);
/* Levenshtein distance, at most `most` + 1. */
size_t ctl_edit_distance(const char *a, const char *b, size_t most);
