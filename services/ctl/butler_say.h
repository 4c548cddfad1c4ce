/* What the drop-in `butler` says beside its results: records of the stock command's levels, to the terminal's
 * error channel and to files, as --log-level, --log-file, --long-log, --log-label and --log-tty ask. */
#pragma once

#include "base/error.h"

enum butler_level {
    BUTLER_CRITICAL,
    BUTLER_ERROR,
    BUTLER_WARNING,
    BUTLER_INFO, /* this and above are told unless asked otherwise */
    BUTLER_VERBOSE,
    BUTLER_DEBUG,
    BUTLER_TRACE
};

struct butler_args;

/* Take the options that stand before the command. Errors: INVALID, in the stock command's words. */
CB_MUST_CHECK bool butler_say_setup(const struct butler_args *globals, struct cb_error *err);
/* Who speaks from now on: "butler", "ingest-files". */
void butler_say_command(const char *program, const char *name);
/* Errors only (-q of calbus). */
void butler_say_quietly(bool quietly);
void butler_say(enum butler_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void butler_say_done(void);
