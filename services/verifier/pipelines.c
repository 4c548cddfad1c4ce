/* Where the verify pipelines lie. */
#include "pipelines.h"

#include "base/alloc.h"
#include "base/cleanup.h"

#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool holds_pipelines(const char *folder)
{
    struct stat status;
    cb_auto(cb_free) char *probe = cb_xasprintf("%s/pipelines", folder);
    return stat(probe, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Folder of this program; "." when the system does not tell. */
static char *own_folder(void)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return cb_xstrdup(".");
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return cb_xstrdup(".");
    *slash = '\0';
    return cb_xstrdup(path);
}

bool find_pipelines(const char *configured, char **ret_folder, struct cb_error *err)
{
    const char *variable = getenv("CP_VERIFY_DIR");
    cb_auto(cb_free) char *programs = own_folder();
    cb_auto(cb_free) char *installed = cb_xasprintf("%s/../share/calbus/cp_verify", programs);
    const char *const candidates[] = { configured, variable, installed,
                                       CALBUS_SOURCE_DIR "/deploy/cp_verify" };
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        if (candidates[i] == NULL || candidates[i][0] == '\0')
            continue;
        if (holds_pipelines(candidates[i])) {
            *ret_folder = cb_xstrdup(candidates[i]);
            return true;
        }
        if (i == 0) /* what was said on purpose is not passed over */
            break;
    }
    return cb_fail(err, CB_ERR_NOT_FOUND,
                   "cannot find the verify pipelines: set [verifier] pipelines to a folder "
                   "that holds pipelines/<INSTRUMENT>/verify<Type>.yaml");
}
