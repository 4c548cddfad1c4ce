/* Where things lie. */
#include "layout.h"

#include "base/alloc.h"
#include "io/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The folder of the running program, links followed. */
static bool find_programs(char **ret_folder, struct cb_error *err)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n < 0)
        return cb_fail(err, CB_ERR_FATAL, "cannot tell where this program lies: %s", strerror(errno));
    path[n] = '\0';
    *strrchr(path, '/') = '\0';
    *ret_folder = cb_xstrdup(*path == '\0' ? "/" : path);
    return true;
}

/* The first of the candidates that holds migrations/. */
static char *find_shipped(const char *programs)
{
    char *const candidates[] = { cb_xasprintf("%s/../share/calbus", programs),
                                 cb_xasprintf("%s/../deploy", programs),
                                 cb_xstrdup(CALBUS_SOURCE_DIR "/deploy") };
    char *found = NULL;
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        cb_auto(cb_free) char *probe = cb_xasprintf("%s/migrations", candidates[i]);
        if (found == NULL && is_folder(probe))
            found = realpath(candidates[i], NULL);
        free(candidates[i]);
    }
    return found;
}

static char *find_dropins(const char *programs)
{
    cb_auto(cb_free) char *beside = cb_xasprintf("%s/dropin", programs);
    if (is_folder(beside))
        return cb_steal(beside);
    cb_auto(cb_free) char *installed = cb_xasprintf("%s/../libexec/calbus/dropin", programs);
    char *real = realpath(installed, NULL);
    return real != NULL ? real : cb_steal(installed);
}

static bool find_home(const char *home, const char *user_home, char **ret_home, struct cb_error *err)
{
    if (home != NULL && *home != '\0') {
        cb_auto(cb_free) char *here = *home == '/' ? NULL : getcwd(NULL, 0);
        *ret_home = here == NULL ? cb_xstrdup(home) : cb_xasprintf("%s/%s", here, home);
    } else {
        if (user_home == NULL || *user_home != '/')
            return cb_fail(err, CB_ERR_INVALID, "neither CALBUS_HOME nor HOME names a folder");
        *ret_home = cb_xasprintf("%s/.local/share/calbus", user_home);
    }
    size_t length = strlen(*ret_home);
    while (length > 1 && (*ret_home)[length - 1] == '/')
        (*ret_home)[--length] = '\0';
    return true;
}

bool ctl_layout_find(const char *home, const char *user_home, struct ctl_layout *ret_layout,
                     struct cb_error *err)
{
    struct ctl_layout layout = { 0 };
    bool done = find_programs(&layout.programs, err) && find_home(home, user_home, &layout.home, err);
    if (done) {
        layout.dropins = find_dropins(layout.programs);
        layout.shipped = find_shipped(layout.programs);
        if (layout.shipped == NULL)
            done = cb_fail(err, CB_ERR_NOT_FOUND,
                           "the files calbus ships with are neither in %s/../share/calbus nor in %s",
                           layout.programs, CALBUS_SOURCE_DIR "/deploy");
    }
    if (!done) {
        ctl_layout_done(&layout);
        return false;
    }
    *ret_layout = layout;
    return true;
}

void ctl_layout_done(struct ctl_layout *layout)
{
    free(layout->programs);
    free(layout->dropins);
    free(layout->shipped);
    free(layout->home);
    *layout = (struct ctl_layout){ 0 };
}

char *ctl_home_path(const struct ctl_layout *layout, const char *name)
{
    return cb_xasprintf("%s/%s", layout->home, name);
}

char *ctl_program_path(const struct ctl_layout *layout, const char *program)
{
    cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", layout->programs, program);
    return access(path, X_OK) == 0 ? cb_steal(path) : NULL;
}

bool ctl_make_folder(const char *path, unsigned mode, struct cb_error *err)
{
    if (!cb_file_make_parents(path, err))
        return false;
    if (mkdir(path, (mode_t)mode) == 0 || (errno == EEXIST && is_folder(path)))
        return true;
    return cb_fail(err, cb_file_err_kind(errno), "cannot make folder \"%s\": %s", path, strerror(errno));
}

const char *ctl_scratch_folder(void)
{
    const char *given = getenv("TMPDIR");
    return given != NULL && given[0] != '\0' ? given : P_tmpdir;
}
