/* Options of a command from a file: -@ FILE, --options-file FILE. */
#pragma once

#include "butler_cli.h"

/* Give `args` what the file named by its options-file has for the command and the command line has not: a map
 * from names of commands to maps from names of options or arguments to values, lists where an option may be
 * repeated. Without the option nothing. Errors: INVALID "Error reading overrides file: ...". */
CB_MUST_CHECK bool butler_presets_apply(const struct butler_command *command, struct butler_args *args,
                                        struct cb_error *err);
