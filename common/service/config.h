/* What every service is told: settings common to all, and which sections belong to whom. */
#pragma once

#include "service/service.h"

/* The table of struct cb_service_config. */
extern const struct cb_setting cb_common_settings[];
/* Sections of all programs: known, but not for everybody (the `others` of cb_settings_sources). */
extern const struct cb_setting cb_sections_of_others[];

enum { CB_CONFIG_FILES = 3 };
/* CALBUS_HOME as an absolute path, else "<HOME>/.local/share/calbus"; to be freed. environment as environ. */
char *cb_config_home(const char *const *environment);
/* The INI files of a home, weakest first, into ret_files (ended by NULL); the texts are owned by *ret_own, to
 * be freed. */
void cb_config_files(const char *home, const char *ret_files[CB_CONFIG_FILES], char **ret_own);
