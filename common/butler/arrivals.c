/* Lists of arriving files, and what dead writers left of them. */
#include "butler/arrivals.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/uuid.h"
#include "butler/unnamed.h"
#include "io/clock.h"
#include "io/file.h"
#include "sql.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER ".calbus-arriving"

/* A list is entries of a letter and a path, each ended by a NUL. Only the last one's file may be half made:
 * then it has a temporary name. */
enum {
    ENTRY_NEW = 'n',  /* nothing was at the path */
    ENTRY_OVER = 'o', /* something was, which is not the writer's to take away */
    LIST_MAX = 1 << 30
};

struct cb_arrivals {
    struct cb_repo *repo; /* NULL when its handle is closed */
    char *name;
    int fd;
};

static void end_list(void *arg, enum cb_tx_end end)
{
    struct cb_arrivals *list = arg;
    close(list->fd);
    if (end != CB_TX_UNKNOWN) /* else the next writer finds out */
        unlink(list->name);
    if (list->repo != NULL)
        list->repo->arrivals = NULL;
    free(list->name);
    free(list);
}

void cb_arrivals_detach(struct cb_repo *repo)
{
    if (repo->arrivals != NULL)
        repo->arrivals->repo = NULL;
    repo->arrivals = NULL;
}

/* Whoever may write to the root may list what he brings. */
static bool make_folder(const char *root, const char *folder)
{
    struct stat of_root;
    if (mkdir(folder, 0777) != 0)
        return errno == EEXIST;
    return stat(root, &of_root) == 0 && chmod(folder, of_root.st_mode & 07777) == 0;
}

static bool open_list(struct cb_repo *repo, struct cb_error *err)
{
    char unique[CB_UUID_TEXT_SIZE];
    cb_uuid_new_text(unique);
    cb_auto(cb_free) char *folder = cb_xasprintf("%s/" FOLDER, repo->root);
    cb_auto(cb_free) char *name = cb_xasprintf("%s/%s", folder, unique);
    int fd = make_folder(repo->root, folder)
                 ? open(name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666)
                 : -1;
    if (fd < 0)
        return cb_fail(err, CB_ERR_TRANSIENT, "could not list arriving files in \"%s\": %s", folder,
                       strerror(errno));
    repo->arrivals = cb_xalloc(sizeof *repo->arrivals);
    *repo->arrivals = (struct cb_arrivals){ .repo = repo, .name = cb_steal(name), .fd = fd };
    cb_tx_at_end(repo->db, end_list, repo->arrivals);
    return true;
}

static bool begin_list(struct cb_repo *repo, struct cb_error *err)
{
    cb_arrivals_sweep(repo);
    return cb_db_run(repo->db, sql_lock_arrivals, CB_P(cb_p_text(repo->schema)), NULL, err) &&
           open_list(repo, err);
}

bool cb_arrival_announce(struct cb_repo *repo, const char *path, struct cb_error *err)
{
    if (repo->arrivals == NULL && !begin_list(repo, err))
        return false;
    struct stat there;
    cb_auto(cb_free) char *full = cb_xasprintf("%s/%s", repo->root, path);
    cb_auto(cb_free) char *entry =
        cb_xasprintf("%c%s", lstat(full, &there) == 0 ? ENTRY_OVER : ENTRY_NEW, path);
    size_t size = strlen(entry) + 1;
    return write(repo->arrivals->fd, entry, size) == (ssize_t)size ||
           cb_fail(err, CB_ERR_TRANSIENT, "could not write \"%s\": %s", repo->arrivals->name,
                   strerror(errno));
}

/* ---- what the dead left ---- */

/* "<of>.<uuid>.tmp"? */
static bool is_temporary_of(const char *name, const char *of)
{
    size_t length = strlen(of);
    char unique[CB_UUID_TEXT_SIZE];
    struct cb_uuid uuid;
    if (strncmp(name, of, length) != 0 || name[length] != '.' ||
        strlen(name + length) != strlen(".") + CB_UUID_TEXT_SIZE - 1 + strlen(".tmp"))
        return false;
    snprintf(unique, sizeof unique, "%s", name + length + 1);
    return cb_uuid_parse(unique, &uuid) && strcmp(name + length + CB_UUID_TEXT_SIZE, ".tmp") == 0;
}

static void delete_temporaries(const char *root, const char *path)
{
    cb_auto(cb_free) char *full = cb_xasprintf("%s/%s", root, path);
    char *name = strrchr(full, '/');
    *name++ = '\0';
    DIR *folder = opendir(full);
    for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        if (is_temporary_of(entry->d_name, name))
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder != NULL)
        closedir(folder);
}

/* The whole entries of a list: those of new files in `news`, and the last of all. */
static void read_entries(const struct cb_bytes *list, const char **news, size_t *ret_n, const char **ret_last)
{
    *ret_n = 0;
    *ret_last = NULL;
    for (size_t at = 0; at < list->size;) {
        const char *entry = (const char *)list->data + at;
        size_t length = strnlen(entry, list->size - at);
        if (at + length == list->size || length < 2) /* the writer was killed as it wrote this */
            return;
        if (entry[0] == ENTRY_NEW)
            news[(*ret_n)++] = entry + 1;
        *ret_last = entry + 1;
        at += length + 1;
    }
}

static bool take_away(struct cb_repo *repo, const struct cb_bytes *list)
{
    size_t n = 0;
    const char *last = NULL;
    const char **news = cb_xalloc_array(list->size / 3 + 1, sizeof *news);
    read_entries(list, news, &n, &last);
    if (last != NULL)
        delete_temporaries(repo->root, last);
    bool ok = cb_delete_unnamed(repo, news, n, NULL);
    free(news);
    return ok;
}

static bool read_list(int folder, const char *name, struct cb_bytes *list)
{
    char block[65536];
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    ssize_t got = -1;
    while (fd >= 0 && (got = read(fd, block, sizeof block)) > 0)
        cb_bytes_add(list, block, (size_t)got);
    if (fd >= 0)
        close(fd);
    return got == 0;
}

static void sweep_list(struct cb_repo *repo, int folder, const char *name)
{
    cb_auto_bytes struct cb_bytes list = CB_BYTES(LIST_MAX);
    if (read_list(folder, name, &list) && take_away(repo, &list))
        (void)unlinkat(folder, name, 0);
}

/* In a savepoint that is rolled back, which gives the lock back and forgives errors. */
static void sweep_folder(struct cb_repo *repo, DIR *folder)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *alone = NULL;
    if (!cb_repo_begin(repo, &tx, NULL) ||
        !cb_db_run(repo->db, sql_try_arrivals, CB_P(cb_p_text(repo->schema)), &alone, NULL) ||
        !cb_rows_bool(alone, 0, 0))
        return;
    rewinddir(folder); /* what is there now is a dead writer's */
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (entry->d_name[0] != '.')
            sweep_list(repo, dirfd(folder), entry->d_name);
}

void cb_arrivals_sweep(struct cb_repo *repo)
{
    cb_auto(cb_free) char *path = cb_xasprintf("%s/" FOLDER, repo->root);
    DIR *folder = opendir(path);
    bool any = false;
    for (const struct dirent *entry; folder != NULL && !any && (entry = readdir(folder)) != NULL;)
        any = entry->d_name[0] != '.';
    if (any)
        sweep_folder(repo, folder);
    if (folder != NULL)
        closedir(folder);
}
