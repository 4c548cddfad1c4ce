/* Verbs of `calbus calib` that have a file of their own. */
#pragma once

#include "ctl.h"

extern const struct ctl_flag ctl_recertify_flags[], ctl_explain_flags[];

CB_MUST_CHECK bool ctl_calib_recertify(struct ctl *ctl, struct cb_error *err);
CB_MUST_CHECK bool ctl_calib_history(struct ctl *ctl, struct cb_error *err);
CB_MUST_CHECK bool ctl_calib_explain(struct ctl *ctl, struct cb_error *err);
