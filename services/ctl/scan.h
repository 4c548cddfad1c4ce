/* Whole numbers out of the text of files that this program or the kernel wrote. Pure. */
#pragma once

#include <stdint.h>

/* Skip blanks, read a whole number. Gives the place behind it, NULL when there is none or it does not fit. */
const char *ctl_scan_int(const char *text, int64_t *ret_value);
