/* Names of files in a repository's configuration. */
#include "butler/config_files.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "io/file.h"

#include <unistd.h>

char *cb_config_beside(const char *path, const char *name)
{
    cb_auto(cb_free) char *folder = cb_file_folder(path);
    return name[0] == '/' ? cb_xstrdup(name) : cb_xasprintf("%s/%s", folder, name);
}

char *cb_config_included(const char *path, const char *name)
{
    return access(name, F_OK) == 0 ? cb_xstrdup(name) : cb_config_beside(path, name);
}
