/* Asking before something is removed, as the stock butler asks. */
#pragma once

#include "butler_cli.h"

#define BUTLER_CONFIRM_OPTIONS                                                                               \
    { "confirm", 0, BUTLER_FLAG, "Print expected action and ask before executing (the default)." },          \
    {                                                                                                        \
        "no-confirm", 0, BUTLER_FLAG, "Do not ask."                                                          \
    }

/* The last of --confirm and --no-confirm wins; neither means yes. */
bool butler_asks_first(const struct butler_args *args);
/* Ask on stdout, read the answer from stdin; an empty one means no. Errors: INVALID there is no answer. */
CB_MUST_CHECK bool butler_confirm(bool *ret_yes, struct cb_error *err);
