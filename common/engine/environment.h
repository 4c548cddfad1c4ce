/* Environment variables as a given list, and the two substitutions of bps templates: ${NAME} and {name}. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stddef.h>

/* "NAME=value" texts, NULL-terminated: the process's environ, or a test's own. Borrowed. */
struct cb_environment {
    const char *const *entry;
};

/* The value of a variable (it may be empty), NULL when it is unset. Borrowed. */
const char *cb_environment_find(const struct cb_environment *environment, const char *name, size_t length);

/*
 * Replace $NAME and ${NAME} once, as Python's os.path.expandvars does; values are not looked at again.
 *
 * fallback  asked for a variable that is unset; may be NULL; NULL from it: unset
 *
 * Errors    CB_ERR_INVALID "environment variable NAME is not set"
 */
typedef const char *cb_variable_fallback(void *self, const char *name, size_t length);
CB_MUST_CHECK bool cb_expand_variables(const char *text, const struct cb_environment *environment,
                                       cb_variable_fallback *fallback, void *self, struct cb_bytes *out,
                                       struct cb_error *err);

/*
 * Replace {name}, also within the values that take its place; {{ and }} stand for braces.
 *
 * find   gives the value of a name (borrowed until the call returns), NULL when nothing is called so
 *
 * Errors    CB_ERR_INVALID  nothing is called so, names that lead in a circle, a brace that is not closed
 */
typedef const char *cb_name_find(void *self, const char *name, size_t length);
CB_MUST_CHECK bool cb_expand_names(const char *text, cb_name_find *find, void *self, struct cb_bytes *out,
                                   struct cb_error *err);
