/* Exit statuses of every command. */
#include "exit_status.h"

#include <stddef.h>

enum ctl_exit ctl_exit_of(enum cb_err_kind kind)
{
    switch (kind) {
    case CB_ERR_NONE:
        return CTL_OK;
    case CB_ERR_INVALID:
        return CTL_FAILED;
    case CB_ERR_NOT_FOUND:
        return CTL_NOT_FOUND;
    case CB_ERR_CONFLICT:
        return CTL_REFUSED;
    case CB_ERR_TRANSIENT:
        return CTL_TRY_AGAIN;
    case CB_ERR_FATAL:
        return CTL_SOFTWARE;
    }
    return CTL_FAILED;
}

const char *ctl_exit_name(enum ctl_exit status)
{
    static const struct {
        enum ctl_exit status;
        const char *name;
    } names[] = {
        { CTL_OK, "ok" },
        { CTL_FAILED, "failed" },
        { CTL_USAGE, "usage" },
        { CTL_NOT_FOUND, "not_found" },
        { CTL_REFUSED, "refused" },
        { CTL_UNVERIFIED, "verification_failed" },
        { CTL_PARTIAL, "partial" },
        { CTL_BAD_DATA, "bad_data" },
        { CTL_NO_INPUT, "no_input" },
        { CTL_UNAVAILABLE, "unavailable" },
        { CTL_SOFTWARE, "internal" },
        { CTL_CANNOT_CREATE, "cannot_create" },
        { CTL_IO, "io" },
        { CTL_TRY_AGAIN, "try_again" },
        { CTL_NO_PERMISSION, "no_permission" },
        { CTL_BAD_CONFIG, "bad_configuration" },
        { CTL_TIMED_OUT, "timed_out" },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].status == status)
            return names[i].name;
    return "failed";
}
