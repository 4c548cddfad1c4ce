/* Whole numbers out of text. */
#include "scan.h"

#include <errno.h>
#include <stdlib.h>

const char *ctl_scan_int(const char *text, int64_t *ret_value)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || errno != 0)
        return NULL;
    *ret_value = value;
    return end;
}
