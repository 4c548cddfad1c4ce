/* Verbs of `calbus calib` that have a file of their own. */
#pragma once

#include "calbus/v1/certification.pb-c.h"
#include "ctl.h"

extern const struct ctl_flag ctl_recertify_flags[], ctl_explain_flags[], ctl_decertify_flags[];

CB_MUST_CHECK bool ctl_calib_recertify(struct ctl *ctl, struct cb_error *err);
CB_MUST_CHECK bool ctl_calib_history(struct ctl *ctl, struct cb_error *err);
CB_MUST_CHECK bool ctl_calib_decertify(struct ctl *ctl, struct cb_error *err);
CB_MUST_CHECK bool ctl_calib_explain(struct ctl *ctl, struct cb_error *err);

/* Ask the certifier for a change of ranges: what the words and the flags that both verbs have say is filled
 * in. requested has its id. */
CB_MUST_CHECK bool ctl_ask_recertification(struct ctl *ctl, Calbus__V1__RecertificationRequested *requested,
                                           char **ret_result, struct cb_error *err);
