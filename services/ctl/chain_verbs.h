/* Verbs of `calbus chain` that have a file of their own. */
#pragma once

#include "ctl.h"

extern const struct ctl_flag ctl_chain_show_flags[], ctl_chain_defaults_flags[];

CB_MUST_CHECK bool ctl_chain_show(struct ctl *ctl, struct cb_error *err);
CB_MUST_CHECK bool ctl_chain_defaults(struct ctl *ctl, struct cb_error *err);
