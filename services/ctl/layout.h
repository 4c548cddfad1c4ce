/* Where things lie: our programs, the files we ship, and what belongs to one $CALBUS_HOME. Works from the
 * build folder and when installed:
 *
 *   build folder   build/calbus, build/calbus-*, build/dropin/     shipped files: <source>/deploy
 *   installed      <prefix>/bin/calbus*, <prefix>/libexec/calbus/dropin/     shipped files:
 * <prefix>/share/calbus
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

struct ctl_layout {
    char *programs; /* folder of calbus and calbus-* */
    char *dropins;  /* folder of butler, bps, ... */
    char *shipped;  /* folder of migrations/, cp_pipe/, cp_verify/, kafka-server, calbus.conf */
    char *home;     /* CALBUS_HOME, absolute */
};

/* home: value of CALBUS_HOME, NULL or "" for ~/.local/share/calbus (user_home: value of HOME).
 * Errors: INVALID no home folder is known; NOT_FOUND the shipped files are missing. */
CB_MUST_CHECK bool ctl_layout_find(const char *home, const char *user_home, struct ctl_layout *ret_layout,
                                   struct cb_error *err);
void ctl_layout_done(struct ctl_layout *layout);

/* $CALBUS_HOME/<name>, to be freed. */
char *ctl_home_path(const struct ctl_layout *layout, const char *name);
/* Where files are made that do not stay: $TMPDIR, else the system's folder. */
const char *ctl_scratch_folder(void);
/* Path of a program of the suite ("calbus-ingest"), to be freed; NULL when it is not there. */
char *ctl_program_path(const struct ctl_layout *layout, const char *program);
/* A folder with everything above it, and its mode when it is made. Errors: by errno. */
CB_MUST_CHECK bool ctl_make_folder(const char *path, unsigned mode, struct cb_error *err);
