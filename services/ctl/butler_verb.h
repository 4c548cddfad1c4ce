/* A command of the drop-in `butler` as a verb of calbus: the same words and options, but the repository is
 * named by --repo, --json and --plain work, and the exit status is that of calbus. */
#pragma once

#include "butler_cli.h"
#include "ctl.h"

/* The command's options as flags of calbus, --repo before them where it has a repository; to be freed. */
struct ctl_flag *ctl_butler_flags(const struct butler_command *command);
/* What such a verb has as `run`. */
CB_MUST_CHECK bool ctl_run_butler(struct ctl *ctl, struct cb_error *err);
