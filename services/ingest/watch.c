/* Landing folders under the eye of inotify. */
#include "watch.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "ingest.h"
#include "io/clock.h"
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

/* Files in order. */
struct files {
    char **path;
    size_t *folder;
    size_t count, room;
};

struct watch {
    int inotify;
    int64_t quiet_ms;
    char **folders;
    size_t n_folders;
    struct watched *watched;
    size_t n_watched;
    struct files found; /* whole; those before next_found have been handed out */
    size_t next_found;
    struct files young; /* found by looking, and may still be written */
    char *handed;       /* the path handed out last */
};

static void add_file(struct files *files, char *path, size_t folder)
{
    if (files->count == files->room) {
        files->room = files->room == 0 ? 64 : 2 * files->room;
        files->path = cb_xrealloc_array(files->path, files->room, sizeof *files->path);
        files->folder = cb_xrealloc_array(files->folder, files->room, sizeof *files->folder);
    }
    files->path[files->count] = path;
    files->folder[files->count++] = folder;
}

static void free_files(struct files *files, size_t from)
{
    for (size_t i = from; i < files->count; i++)
        free(files->path[i]);
    free(files->path);
    free(files->folder);
}

/* How a file came to be known. */
enum sight { SEEN_BY_LOOKING, SEEN_COMPLETED };

static bool is_quiet(const struct watch *watch, const struct stat *status)
{
    int64_t changed_ms = (int64_t)status->st_mtim.tv_sec * 1000 + status->st_mtim.tv_nsec / 1000000;
    int64_t age_ms = cb_clock_unix_ms() - changed_ms;
    return age_ms >= watch->quiet_ms || age_ms <= -watch->quiet_ms; /* another machine's clock may be ahead */
}

static void forget_young(struct watch *watch, const char *path)
{
    struct files *young = &watch->young;
    for (size_t i = 0; i < young->count; i++)
        if (strcmp(young->path[i], path) == 0) {
            free(young->path[i]);
            young->path[i] = young->path[--young->count];
            young->folder[i] = young->folder[young->count];
            return;
        }
}

static void add_found(struct watch *watch, char *path, size_t folder, const struct stat *status,
                      enum sight sight)
{
    forget_young(watch, path);
    bool whole = sight == SEEN_COMPLETED || is_quiet(watch, status);
    add_file(whole ? &watch->found : &watch->young, path, folder);
}

/* Those of the young ones that are left alone are whole now; those that are gone are gone. */
static void look_at_young(struct watch *watch)
{
    struct files *young = &watch->young;
    size_t kept = 0;
    for (size_t i = 0; i < young->count; i++) {
        struct stat status;
        char *path = young->path[i];
        if (stat(path, &status) != 0) {
            free(path);
        } else if (is_quiet(watch, &status)) {
            add_file(&watch->found, path, young->folder[i]);
        } else {
            young->path[kept] = path;
            young->folder[kept++] = young->folder[i];
        }
    }
    young->count = kept;
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

/* The name with each byte that is no ASCII spelled "%XX". */
static void spell(const char *name, char ret_name[NAME_MAX + 1])
{
    size_t used = 0;
    for (const unsigned char *at = (const unsigned char *)name; *at != '\0' && used + 3 < NAME_MAX; at++)
        used += (size_t)snprintf(ret_name + used, NAME_MAX + 1 - used, *at < 0x80 ? "%c" : "%%%02X", *at);
}

/* What cannot be told under its name is given another, and is told when it comes under that; where it cannot
 * be renamed it is passed over. */
static bool is_tellable(const char *path, const char *name)
{
    char spelled[NAME_MAX + 1];
    if (cb_utf8_is_valid(name, strlen(name)))
        return true;
    spell(name, spelled);
    cb_auto(cb_free) char *from = cb_xasprintf("%s/%s", path, name);
    cb_auto(cb_free) char *to = cb_xasprintf("%s/%s", path, spelled);
    (void)renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    return false;
}

static void look_at(struct watch *watch, const char *path, const char *name, size_t folder, int depth,
                    enum sight sight)
{
    struct stat status;
    cb_auto(cb_free) char *full = cb_xasprintf("%s/%s", path, name);
    if (name[0] == '.' || lstat(full, &status) != 0)
        return;
    if (S_ISLNK(status.st_mode) && (stat(full, &status) != 0 || !S_ISREG(status.st_mode)))
        return;
    bool is_file = S_ISREG(status.st_mode) && is_raw_name(name);
    bool is_folder = S_ISDIR(status.st_mode) && strcmp(name, REJECTED) != 0 && depth < DEPTH_MAX;
    if ((!is_file && !is_folder) || !is_tellable(path, name))
        return;
    if (is_file)
        add_found(watch, cb_steal(full), folder, &status, sight);
    else
        (void)watch_folder(watch, full, folder, depth + 1); /* one that went away again holds nothing */
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
        look_at(watch, path, entries[i]->d_name, folder, depth, SEEN_BY_LOOKING);
        free(entries[i]);
    }
    free(entries);
}

void watch_rescan(struct watch *watch)
{
    for (size_t i = 0; i < watch->n_folders; i++)
        (void)watch_folder(watch, watch->folders[i], i, 0);
}

bool watch_open(const char *const *folders, size_t n, int64_t quiet_ms, struct watch **ret_watch,
                struct cb_error *err)
{
    struct watch *watch = cb_xalloc(sizeof *watch);
    watch->quiet_ms = quiet_ms;
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
    free_files(&watch->found, watch->next_found);
    free_files(&watch->young, 0);
    free(watch->folders);
    free(watch->watched);
    free(watch->handed);
    free(watch);
}

/* A link is complete when it is made; any other file that is made is told when it is closed. */
static bool is_link(const char *folder, const char *name)
{
    struct stat status;
    cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", folder, name);
    return lstat(path, &status) == 0 && (S_ISLNK(status.st_mode) || status.st_nlink > 1);
}

static void take_event(struct watch *watch, const struct inotify_event *event)
{
    if ((event->mask & IN_Q_OVERFLOW) != 0) {
        watch_rescan(watch);
        return;
    }
    bool file_made = (event->mask & IN_CREATE) != 0 && (event->mask & IN_ISDIR) == 0;
    for (size_t i = 0; event->len > 0 && i < watch->n_watched; i++) {
        if (watch->watched[i].descriptor != event->wd)
            continue;
        /* by value: a new folder moves the array */
        struct watched place = watch->watched[i];
        if (!file_made || is_link(place.path, event->name))
            look_at(watch, place.path, event->name, place.folder, place.depth, SEEN_COMPLETED);
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
    if (watch->next_found == watch->found.count) {
        watch->next_found = watch->found.count = 0;
        read_events(watch);
        look_at_young(watch);
    }
    if (watch->next_found == watch->found.count)
        return false;
    free(watch->handed);
    watch->handed = watch->found.path[watch->next_found];
    *ret_folder = watch->found.folder[watch->next_found++];
    *ret_path = watch->handed;
    return true;
}
