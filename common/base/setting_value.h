/* One setting's text to its value. */
#pragma once

#include "base/settings.h"

/* Parse text into the setting's field of target (its old value is freed). Errors: CB_ERR_INVALID why the text
 * does not fit, without the setting's name. user_home may be NULL. */
CB_MUST_CHECK bool cb_setting_parse(const struct cb_setting *setting, const char *text, const char *home,
                                    const char *user_home, void *target, struct cb_error *err);
bool cb_setting_is_text(const struct cb_setting *setting);
