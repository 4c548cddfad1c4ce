/* What every command is given, and how the command tables are written. */
#pragma once

#include "args.h"
#include "exit_status.h"
#include "layout.h"
#include "settings.h"
#include "table.h"

#include "io/db.h"

struct ctl {
    const char *noun, *verb; /* verb is NULL where the noun is the whole command */
    struct ctl_args args;    /* words: what stands behind noun and verb */
    struct ctl_layout layout;
    const char *const *environment;
    struct ctl_settings settings; /* read at the first ctl_settings_of */
    bool has_settings;
    struct cb_db *db;
    FILE *out;
    enum ctl_exit exit; /* CTL_OK: follows from the error; set by a command that knows more exactly */
    const struct butler_command *butler; /* of a verb that runs one; else NULL */
    char repository[512];                /* of ctl_repository */
    char hint[256]; /* what to do about the error, a full sentence; "" if there is nothing to say */
};

struct ctl_verb {
    const char *name;             /* NULL: the noun is the command */
    const char *words;            /* "NAME", "[SERVICE]"; "" if none */
    const char *summary;          /* a sentence */
    const char *examples;         /* lines of a shell, without a prompt */
    const struct ctl_flag *flags; /* NULL: only the common ones */
    int least, most;              /* words; most -1: any number */
    bool (*run)(struct ctl *ctl, struct cb_error *err);
    bool hidden;
    const struct butler_command *butler; /* run is ctl_run_butler: the same command as the drop-in's, its
                                            words and options, with --repo for its first word */
    const char *program; /* "calbus-simulator": a program of its own that is given all words; then no run */
};

struct ctl_noun {
    const char *name;
    const char *summary;
    const struct ctl_verb
        *verbs; /* ended by run == NULL; its first has no name where the noun is the command */
    bool hidden;
};

/* Settings, read once. Errors: INVALID all mistakes; the exit status is 78. */
CB_MUST_CHECK bool ctl_settings_of(struct ctl *ctl, const struct ctl_settings **ret_settings,
                                   struct cb_error *err);
void ctl_settings_done(struct ctl *ctl);
/* Tell every setting with its value and origin. Errors: as ctl_settings_of. */
CB_MUST_CHECK bool ctl_settings_tell(struct ctl *ctl, cb_setting_teller *tell, void *self,
                                     struct cb_error *err);
/* The suite's database. Errors: exit status 69 with the hint `calbus up`. */
CB_MUST_CHECK bool ctl_db_of(struct ctl *ctl, struct cb_db **ret_db, struct cb_error *err);

/* What --repo names, /repo/main unless given: the label of the suite's index, also where a path was given,
 * because labels are what the services know repositories by. Borrowed. */
const char *ctl_repository(struct ctl *ctl);

/* Say an error with an exact exit status: return ctl_refuse(ctl, CTL_UNAVAILABLE, err, "..."). Returns false.
 */
bool ctl_refuse(struct ctl *ctl, enum ctl_exit status, struct cb_error *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The sentence printed below the error. Returns false, to end a return statement. */
bool ctl_hint(struct ctl *ctl, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A message for people, on stderr, unless --quiet. */
void ctl_say(const struct ctl *ctl, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Print a table as the common flags ask. */
CB_MUST_CHECK bool ctl_print(struct ctl *ctl, const struct ctl_table *table, struct cb_error *err);
/* Print the one thing that a command yields: as it is, or under its key in a JSON document. */
CB_MUST_CHECK bool ctl_print_one(struct ctl *ctl, const char *key, const char *value, struct cb_error *err);
bool ctl_wants_colour(const struct ctl *ctl, FILE *stream);

/* The i-th word, NULL if there is none. */
const char *ctl_word(const struct ctl *ctl, size_t i);

/* Rows of a query as a table with the given columns; the query yields one column for each. */
CB_MUST_CHECK bool ctl_print_query(struct ctl *ctl, const char *schema, const struct ctl_column *columns,
                                   const char *sql, const struct cb_param *params, size_t n,
                                   struct cb_error *err);
