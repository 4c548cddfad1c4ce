/* Which files `butler ingest-raws` is asked to take. */
#include "raw_locations.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "butler/datastore.h"

#include <dirent.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 40 /* folders in folders: a circle of links is deeper */ };

static void add_path(struct raw_group *group, char *path)
{
    group->path = cb_xrealloc_array(group->path, group->count + 1, sizeof *group->path);
    group->path[group->count++] = path;
}

static void add_group(struct raw_groups *groups, struct raw_group group)
{
    if (group.count == 0)
        return;
    groups->item = cb_xrealloc_array(groups->item, groups->count + 1, sizeof *groups->item);
    groups->item[groups->count++] = group;
}

void raw_groups_done(struct raw_groups *groups)
{
    for (size_t g = 0; g < groups->count; g++) {
        for (size_t i = 0; i < groups->item[g].count; i++)
            free(groups->item[g].path[i]);
        free(groups->item[g].path);
    }
    free(groups->item);
    *groups = (struct raw_groups){ 0 };
}

/* What Python writes otherwise than POSIX. */
static bool compile(const char *pattern, regex_t *ret_regex, struct cb_error *err)
{
    static const char *const words[][2] = { { "\\d", "[0-9]" }, { "\\D", "[^0-9]" }, { "(?:", "(" } };
    cb_auto_bytes struct cb_bytes posix = CB_BYTES(65536);
    for (const char *at = pattern; *at != '\0';) {
        size_t i = 0, n = sizeof words / sizeof words[0];
        while (i < n && strncmp(at, words[i][0], strlen(words[i][0])) != 0)
            i++;
        size_t length = i < n ? strlen(words[i][0]) : at[0] == '\\' && at[1] != '\0' ? 2 : 1;
        if (i < n)
            cb_bytes_puts(&posix, words[i][1]);
        else
            cb_bytes_add(&posix, at, length);
        at += length;
    }
    if (regcomp(ret_regex, cb_bytes_text(&posix), REG_EXTENDED | REG_NOSUB) != 0)
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is no regular expression", pattern);
    return true;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* "/a/./b/../c//d" is "/a/c/d": by its words, so that symbolic links stay what they are. */
static char *absolute(const char *word)
{
    char here[PATH_MAX] = "/";
    cb_auto(cb_free) char *named =
        strncmp(word, "file://", 7) == 0 ? cb_file_uri_path(word) : cb_xstrdup(word);
    if (named != NULL && named[0] != '/' && getcwd(here, sizeof here) == NULL)
        here[0] = '\0';
    cb_auto(cb_free) char *whole = cb_xasprintf("%s/%s", here, named != NULL ? named : word);
    char *path = cb_xasprintf("%s/", whole), *end = path, *rest = NULL;
    for (char *part = strtok_r(whole, "/", &rest); part != NULL; part = strtok_r(NULL, "/", &rest)) {
        if (strcmp(part, ".") == 0)
            continue;
        if (strcmp(part, "..") == 0) {
            while (end > path && *--end != '/')
                ;
            continue;
        }
        size_t length = strlen(part);
        *end = '/';
        memcpy(end + 1, part, length);
        end += length + 1;
    }
    *end = '\0';
    return path;
}

/* A folder is walked later, a file whose name matches is taken. */
static void sort_entry(const char *folder, const char *name, const regex_t *pattern, struct raw_group *files,
                       struct raw_group *folders)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return;
    char *path = cb_xasprintf("%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
    if (is_folder(path))
        add_path(folders, path);
    else if (regexec(pattern, name, 0, NULL, 0) == 0)
        add_path(files, path);
    else
        free(path);
}

static bool walk(const char *folder, const regex_t *pattern, int depth, struct raw_groups *groups,
                 struct cb_error *err)
{
    struct dirent **entries = NULL;
    struct raw_group own = { 0 }, below = { 0 };
    int n = scandir(folder, &entries, NULL, alphasort);
    bool ok = n >= 0 || cb_fail(err, CB_ERR_NOT_FOUND, "cannot look into folder \"%s\"", folder);
    for (int i = 0; i < n; i++) {
        sort_entry(folder, entries[i]->d_name, pattern, &own, &below);
        free(entries[i]);
    }
    free(entries);
    add_group(groups, own);
    for (size_t i = 0; i < below.count; i++) {
        ok = ok && (depth == DEPTH_MAX || walk(below.path[i], pattern, depth + 1, groups, err));
        free(below.path[i]);
    }
    free(below.path);
    return ok;
}

bool raw_groups_find(const char *const *words, size_t n, const char *pattern, struct raw_groups *ret_groups,
                     struct cb_error *err)
{
    regex_t regex;
    struct raw_group named = { .is_named = true };
    bool ok = true;
    *ret_groups = (struct raw_groups){ 0 };
    if (!compile(pattern, &regex, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        char *path = absolute(words[i]);
        if (is_folder(path)) {
            ok = ok && walk(path, &regex, 0, ret_groups, err);
            free(path);
        } else {
            add_path(&named, path);
        }
    }
    regfree(&regex);
    add_group(ret_groups, named);
    return ok;
}
