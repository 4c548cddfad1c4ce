/* Whole files. */
#include "io/file.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "io/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum cb_err_kind cb_file_err_kind(int error_number)
{
    switch (error_number) {
    case ENOENT:
        return CB_ERR_NOT_FOUND;
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case EINVAL:
        return CB_ERR_INVALID;
    default:
        return CB_ERR_TRANSIENT;
    }
}

static bool fail_errno(struct cb_error *err, const char *what, const char *path)
{
    int number = errno;
    return cb_fail(err, cb_file_err_kind(number), "could not %s \"%s\": %s", what, path, strerror(number));
}

bool cb_file_make_parents(const char *path, struct cb_error *err)
{
    cb_auto(cb_free) char *folder = cb_xstrdup(path);
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            return fail_errno(err, "make folder", folder);
        *slash = '/';
    }
    return true;
}

char *cb_file_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return cb_xstrdup(".");
    return slash == path ? cb_xstrdup("/") : cb_xstrndup(path, (size_t)(slash - path));
}

static bool sync_folder(const char *path, int (*sync)(int fd), struct cb_error *err)
{
    cb_auto(cb_free) char *folder = cb_file_folder(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(err, "open folder", folder);
    bool ok = sync(fd) == 0 || errno == EINVAL || errno == EROFS; /* some network file systems cannot */
    if (!ok)
        fail_errno(err, "sync folder", folder);
    close(fd);
    return ok;
}

bool cb_file_sync_parent(const char *path, struct cb_error *err)
{
    return sync_folder(path, fsync, err);
}

bool cb_file_sync_system(const char *path, struct cb_error *err)
{
    return sync_folder(path, syncfs, err);
}

bool cb_file_size(const char *path, int64_t *ret_size, struct cb_error *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return fail_errno(err, "find file", path);
    if (!S_ISREG(info.st_mode))
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is no regular file", path);
    *ret_size = info.st_size;
    return true;
}

bool cb_file_write_all(int fd, const void *data, size_t size)
{
    const char *from = data;
    while (size > 0) {
        ssize_t done = write(fd, from, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        from += done;
        size -= (size_t)done;
    }
    return true;
}

/* A new file beside `path`; the name, to be freed, is what rename takes. */
static int open_beside(const char *path, char **ret_name)
{
    char unique[CB_UUID_TEXT_SIZE];
    cb_uuid_new_text(unique);
    *ret_name = cb_xasprintf("%s.%s.tmp", path, unique);
    return open(*ret_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

/* Sync and rename, or remove; closes fd. */
static bool finish(int fd, const char *name, const char *path, enum cb_file_sync sync, bool written,
                   struct cb_error *err)
{
    bool ok = written && (sync == CB_FILE_SYNC_LATER || fsync(fd) == 0);
    int number = errno;
    ok = close(fd) == 0 && ok;
    ok = ok && rename(name, path) == 0;
    if (!ok) {
        number = errno != 0 && written ? errno : number;
        unlink(name);
        errno = number;
        return fail_errno(err, "write", path);
    }
    return sync == CB_FILE_SYNC_LATER || cb_file_sync_parent(path, err);
}

bool cb_file_replace(const char *path, const void *data, size_t size, struct cb_error *err)
{
    cb_auto(cb_free) char *name = NULL;
    int fd = open_beside(path, &name);
    if (fd < 0)
        return fail_errno(err, "write", path);
    return finish(fd, name, path, CB_FILE_SYNC_NOW, cb_file_write_all(fd, data, size), err);
}

bool cb_file_write(const char *path, cb_file_writer *write, void *arg, struct cb_error *err)
{
    cb_auto(cb_free) char *name = NULL;
    int fd = open_beside(path, &name);
    if (fd < 0)
        return fail_errno(err, "write", path);
    if (write(fd, arg, err))
        return finish(fd, name, path, CB_FILE_SYNC_NOW, true, err);
    close(fd);
    unlink(name);
    return false;
}

static bool copy_bytes(int from, int to, int64_t *ret_size)
{
    enum { BLOCK = 1 << 20 };
    cb_auto(cb_free) char *block = cb_xalloc(BLOCK);
    int64_t total = 0;
    for (;;) {
        ssize_t got = read(from, block, BLOCK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || (got > 0 && !cb_file_write_all(to, block, (size_t)got)))
            return false;
        if (got == 0)
            break;
        total += got;
    }
    *ret_size = total;
    return true;
}

bool cb_file_copy(const char *source, const char *target, enum cb_file_sync sync, int64_t *ret_size,
                  struct cb_error *err)
{
    int from = open(source, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return fail_errno(err, "read", source);
    cb_auto(cb_free) char *name = NULL;
    int to = open_beside(target, &name);
    if (to < 0) {
        fail_errno(err, "write", target);
        close(from);
        return false;
    }
    int64_t size = 0;
    bool ok = finish(to, name, target, sync, copy_bytes(from, to, &size), err);
    close(from);
    if (ok && ret_size != NULL)
        *ret_size = size;
    return ok;
}
