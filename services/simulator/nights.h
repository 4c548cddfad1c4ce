/* Finds plans: those that are built in, and files. */
#pragma once

#include "base/error.h"

#include <stdio.h>

/*
 * Text of a plan: built in under that name, or else the file of that name.
 *
 * ret_text  the caller's to free
 *
 * Errors    CB_ERR_NOT_FOUND  neither; CB_ERR_INVALID a file of more than 1 MiB; CB_ERR_TRANSIENT cannot be
 * read
 */
CB_MUST_CHECK bool nights_read(const char *name, char **ret_text, struct cb_error *err);
/* One name a line. */
void nights_print(FILE *out);
