/* Settings: a table of what a program may be told, filled into its struct from flags, environment and INI
 * files.
 *
 *   flags > environment CALBUS_<SECTION>_<KEY> > $CALBUS_HOME/calbus.conf > /etc/calbus/calbus.conf >
 * built-in
 *
 * All mistakes are reported at once, each with its origin (file:line, variable or flag). Unknown keys are
 * errors, in files and among CALBUS_* variables (CALBUS_HOME and what `calbus env` prints are not settings).
 * Secrets are never values: a setting of type CB_SET_SECRET_FILE is the path of a file whose first line is
 * the secret. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdio.h>

enum cb_setting_type {
    CB_SET_TEXT,       /* char *, owned by the struct */
    CB_SET_PATH,       /* char *, absolute; a leading "~/" and "$CALBUS_HOME/" are expanded */
    CB_SET_INT,        /* int64_t, min..max */
    CB_SET_REAL,       /* double, finite, min..max */
    CB_SET_BOOL,       /* bool: exactly true or false */
    CB_SET_DURATION,   /* int64_t milliseconds: "250ms", "10s", "5m", "2h" */
    CB_SET_SECRET_FILE /* char *, path */
};

struct cb_setting {
    const char *section, *key; /* "kafka", "bootstrap_servers" -> CALBUS_KAFKA_BOOTSTRAP_SERVERS */
    enum cb_setting_type type;
    size_t offset;       /* of the field in the struct */
    const char *initial; /* NULL: required */
    double min, max;     /* of numbers; both 0: any */
    const char *help;    /* one sentence; unit named */
};

/* The grammar of an INI file, line by line, in UTF-8:
 *
 *   empty lines, and lines whose first character (after blanks) is # or ;     comments
 *   [section]             a-z 0-9 _ . -
 *   key = value           key: a-z 0-9 _ ; the value goes to the end of the line, blanks around it are
 * dropped
 *   key = "value"         keeps blanks; \" and \\ stand for " and \
 *
 * A key comes once in a file. Among `others`, key "*" stands for every key of a section that
 * the tables do not have, and a section that
 * ends in ".*" for all that begin so ("site.*": [site.usdf]). */

/* Where values come from; gathered once at start by the caller, so that nothing else reads the environment.
 */
struct cb_settings_sources {
    const char *home;               /* CALBUS_HOME, absolute */
    const char *const *environment; /* NAME=value..., NULL-terminated */
    const char *const *flags;       /* "section.key=value"..., NULL-terminated; may be NULL */
    const char *const *files;       /* INI files, weakest first; absent files are skipped; NULL-terminated */
    const struct cb_setting
        *others; /* keys that belong to other programs: known, but not for us; may be NULL */
};

/* Fill target. tables is a NULL-terminated list of tables, each ended by section == NULL, with one target
 * each. Errors: CB_ERR_INVALID, every mistake in one sentence. Targets are filled with zeros first; free with
 * cb_settings_done. */
CB_MUST_CHECK bool cb_settings_load(const struct cb_setting *const *tables, void *const *targets,
                                    const struct cb_settings_sources *sources, struct cb_error *err);
void cb_settings_done(const struct cb_setting *table, void *target);

/* Tell each setting's value as text and where it came from ("calbus.conf:12", "CALBUS_DB_URI", "flag",
 * "built-in"). Errors: as cb_settings_load. */
typedef void cb_setting_teller(void *self, const struct cb_setting *setting, const char *value,
                               const char *origin);
CB_MUST_CHECK bool cb_settings_tell(const struct cb_setting *const *tables,
                                    const struct cb_settings_sources *sources, cb_setting_teller *tell,
                                    void *self, struct cb_error *err);

/* "--help" and `calbus config show --origin` are printed from the same tables. */
void cb_settings_print_help(const struct cb_setting *table, FILE *out);

/* Two tables as one, into room for `room` rows with the end; aborts when it is too small. Offsets are kept:
 * the first table's struct must be the first member of the second's. */
void cb_settings_join(struct cb_setting *room, size_t n, const struct cb_setting *first,
                      const struct cb_setting *second);
