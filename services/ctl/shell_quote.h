/* Words that a POSIX shell reads back as they were. Pure. */
#pragma once

#include "base/bytes.h"

/* Append a word as the shell must see it: bare when it is made of [A-Za-z0-9_@%+=:,./-], else in single
 * quotes. */
void ctl_shell_quote(struct cb_bytes *out, const char *word);
