/* Landing folders under the eye of inotify. */
#include "watch.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "ingest.h"
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define REJECTED "rejected"
enum { DEPTH_MAX = 8, EVENTS_SIZE = 65536 };

struct watched {
    int descriptor; /* of inotify */
    size_t folder;  /* index among the landing folders */
    int depth;
    char *path;
};

struct watch {
    int inotify;
    char **folders;
    size_t n_folders;
    struct watched *watched;
    size_t n_watched;
    char **found; /* paths not yet handed out, in order */
    size_t *found_folder;
    size_t n_found, next_found;
    char *handed; /* the path handed out last */
};

static void add_found(struct watch *watch, char *path, size_t folder)
{
    watch->found = cb_xrealloc_array(watch->found, watch->n_found + 1, sizeof *watch->found);
    watch->found_folder =
        cb_xrealloc_array(watch->found_folder, watch->n_found + 1, sizeof *watch->found_folder);
    watch->found[watch->n_found] = path;
    watch->found_folder[watch->n_found++] = folder;
}

static void scan(struct watch *watch, const char *path, size_t folder, int depth);

/* Watch one folder, then look at what is there: in this order, so that nothing falls between. */
static bool watch_folder(struct watch *watch, const char *path, size_t folder, int depth)
{
    int descriptor = inotify_add_watch(
        watch->inotify, path, IN_MOVED_TO | IN_CLOSE_WRITE | IN_CREATE | IN_ONLYDIR | IN_EXCL_UNLINK);
    if (descriptor < 0)
        return false;
    bool known = false;
    for (size_t i = 0; i < watch->n_watched; i++)
        known = known || watch->watched[i].descriptor == descriptor;
    if (!known) {
        watch->watched = cb_xrealloc_array(watch->watched, watch->n_watched + 1, sizeof *watch->watched);
        watch->watched[watch->n_watched++] = (struct watched){
            .descriptor = descriptor, .folder = folder, .depth = depth, .path = cb_xstrdup(path)
        };
    }
    scan(watch, path, folder, depth);
    return true;
}

static void look_at(struct watch *watch, const char *path, const char *name, size_t folder, int depth)
{
    struct stat status;
    char *full = cb_xasprintf("%s/%s", path, name);
    bool there = lstat(full, &status) == 0;
    if (there && S_ISDIR(status.st_mode) && name[0] != '.' && strcmp(name, REJECTED) != 0 &&
        depth < DEPTH_MAX) {
        (void)watch_folder(watch, full, folder, depth + 1); /* a folder that went away again holds nothing */
    } else if (there && S_ISREG(status.st_mode) && is_raw_name(name)) {
        add_found(watch, full, folder);
        return;
    }
    free(full);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_no_dot(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void scan(struct watch *watch, const char *path, size_t folder, int depth)
{
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, is_no_dot, by_name);
    for (int i = 0; i < n; i++) {
        look_at(watch, path, entries[i]->d_name, folder, depth);
        free(entries[i]);
    }
    free(entries);
}

void watch_rescan(struct watch *watch)
{
    for (size_t i = 0; i < watch->n_folders; i++)
        (void)watch_folder(watch, watch->folders[i], i, 0);
}

bool watch_open(const char *const *folders, size_t n, struct watch **ret_watch, struct cb_error *err)
{
    struct watch *watch = cb_xalloc(sizeof *watch);
    watch->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    watch->folders = cb_xalloc_array(n, sizeof *watch->folders);
    for (size_t i = 0; i < n; i++)
        watch->folders[watch->n_folders++] = cb_xstrdup(folders[i]);

    bool ok =
        watch->inotify >= 0 || cb_fail(err, CB_ERR_TRANSIENT, "could not watch folders: %s", strerror(errno));
    for (size_t i = 0; ok && i < n; i++) {
        char *inside = cb_xasprintf("%s/x", folders[i]);
        ok = cb_file_make_parents(inside, err);
        free(inside);
        if (ok && !watch_folder(watch, folders[i], i, 0))
            ok = cb_fail(err, cb_file_err_kind(errno), "could not watch landing folder \"%s\": %s",
                         folders[i], strerror(errno));
    }
    if (!ok) {
        watch_close(watch);
        return false;
    }
    *ret_watch = watch;
    return true;
}

void watch_close(struct watch *watch)
{
    if (watch == NULL)
        return;
    if (watch->inotify >= 0)
        close(watch->inotify);
    for (size_t i = 0; i < watch->n_folders; i++)
        free(watch->folders[i]);
    for (size_t i = 0; i < watch->n_watched; i++)
        free(watch->watched[i].path);
    for (size_t i = watch->next_found; i < watch->n_found; i++)
        free(watch->found[i]);
    free(watch->folders);
    free(watch->watched);
    free(watch->found);
    free(watch->found_folder);
    free(watch->handed);
    free(watch);
}

static void take_event(struct watch *watch, const struct inotify_event *event)
{
    if ((event->mask & IN_Q_OVERFLOW) != 0) {
        watch_rescan(watch);
        return;
    }
    bool made = (event->mask & IN_CREATE) != 0;
    if (event->len == 0 || (made && (event->mask & IN_ISDIR) == 0))
        return; /* a file that is made is told when it is closed */
    for (size_t i = 0; i < watch->n_watched; i++) {
        if (watch->watched[i].descriptor != event->wd)
            continue;
        /* by value: a new folder moves the array */
        struct watched place = watch->watched[i];
        look_at(watch, place.path, event->name, place.folder, place.depth);
        return;
    }
}

static void read_events(struct watch *watch)
{
    _Alignas(struct inotify_event) static _Thread_local char events[EVENTS_SIZE];
    ssize_t size;
    while ((size = read(watch->inotify, events, sizeof events)) > 0)
        for (const char *at = events; at < events + size;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)at;
            take_event(watch, event);
            at += sizeof *event + event->len;
        }
}

bool watch_next(struct watch *watch, const char **ret_path, size_t *ret_folder)
{
    if (watch->next_found == watch->n_found) {
        watch->next_found = watch->n_found = 0;
        read_events(watch);
    }
    if (watch->next_found == watch->n_found)
        return false;
    free(watch->handed);
    watch->handed = watch->found[watch->next_found];
    *ret_folder = watch->found_folder[watch->next_found++];
    *ret_path = watch->handed;
    return true;
}
