/* Copies that can be broken off and continued. */
#include "carry.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "io/digest.h"
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 20 };

static bool fail_errno(struct cb_error *err, const char *what, const char *path)
{
    int number = errno;
    return cb_fail(err, cb_file_err_kind(number), "could not %s \"%s\": %s", what, path, strerror(number));
}

char *part_path(const char *target)
{
    const char *slash = strrchr(target, '/');
    const char *name = slash == NULL ? target : slash + 1;
    return cb_xasprintf("%.*s.%s.part", (int)(name - target), target, name);
}

bool file_matches(const char *path, const struct file_facts *facts, bool *ret_same, char *ret_why,
                  size_t why_size, struct cb_error *err)
{
    struct cb_digest digest;
    int64_t size;
    if (!cb_file_size(path, &size, err))
        return false;
    *ret_same = size == facts->bytes;
    if (!*ret_same) {
        if (ret_why != NULL)
            snprintf(ret_why, why_size, "%lld bytes instead of %lld", (long long)size,
                     (long long)facts->bytes);
        return true; /* no need to read it */
    }
    if (!cb_digest_file(path, &digest, err))
        return false;
    bool adler32 = strcasecmp(digest.adler32, facts->adler32) == 0;
    bool md5 = facts->md5[0] == '\0' || strcasecmp(digest.md5, facts->md5) == 0;
    *ret_same = adler32 && md5;
    if (ret_why != NULL && !*ret_same)
        snprintf(ret_why, why_size, "%s %s instead of %s", adler32 ? "md5" : "adler32",
                 adler32 ? digest.md5 : digest.adler32, adler32 ? facts->md5 : facts->adler32);
    return true;
}

/* A file descriptor that is closed at the end of its scope. */
static void close_at_exit(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
#define AUTO_FD __attribute__((cleanup(close_at_exit)))

static int give_away(int *fd)
{
    int given = *fd;
    *fd = -1;
    return given;
}

/* Open the unfinished copy for us alone. It may be renamed or removed by another worker before we hold it. */
static bool open_part(const char *part, int *ret_fd, struct cb_error *err)
{
    struct stat ours, named;
    AUTO_FD int fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(err, "open", part);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return cb_fail(err, CB_ERR_TRANSIENT, "\"%s\" is being written by another worker", part);
    if (fstat(fd, &ours) != 0 || stat(part, &named) != 0 || ours.st_ino != named.st_ino)
        return cb_fail(err, CB_ERR_TRANSIENT, "\"%s\" was just finished by another worker", part);
    *ret_fd = give_away(&fd);
    return true;
}

static bool write_at(int fd, const char *block, size_t size, off_t at)
{
    while (size > 0) {
        ssize_t n = pwrite(fd, block, size, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        block += n;
        size -= (size_t)n;
        at += n;
    }
    return true;
}

/* From where the unfinished copy ends to the end of the source. */
static bool copy_rest(int in, int out, const char *part, off_t at, bool (*cancelled)(void),
                      int64_t *ret_moved, struct cb_error *err)
{
    cb_auto(cb_free) char *block = cb_xalloc(BLOCK_BYTES);
    for (;;) {
        if (cancelled != NULL && cancelled())
            return cb_fail(err, CB_ERR_TRANSIENT, "stopping");
        ssize_t n = pread(in, block, BLOCK_BYTES, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(err, "read the source of", part);
        if (n == 0)
            return fsync(out) == 0 || fail_errno(err, "sync", part);
        if (!write_at(out, block, (size_t)n, at))
            return fail_errno(err, "write", part);
        at += n;
        *ret_moved += n;
    }
}

static bool fill_part(const char *source, const char *part, int out, int64_t bytes, bool (*cancelled)(void),
                      int64_t *ret_moved, struct cb_error *err)
{
    struct stat info;
    AUTO_FD int in = open(source, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return fail_errno(err, "open", source);
    if (fstat(out, &info) != 0)
        return fail_errno(err, "look at", part);
    if (info.st_size > bytes) { /* longer than it can be: not of this file */
        if (ftruncate(out, 0) != 0)
            return fail_errno(err, "empty", part);
        info.st_size = 0;
    }
    return copy_rest(in, out, part, info.st_size, cancelled, ret_moved, err);
}

static bool refuse_copy(const char *source, const char *target, const char *part,
                        const struct file_facts *facts, const char *why, struct cb_error *err)
{
    bool source_is_right = false;
    char source_why[128] = "it cannot be read";
    struct cb_error ignored;
    (void)unlink(part);
    if (file_matches(source, facts, &source_is_right, source_why, sizeof source_why, &ignored) &&
        source_is_right)
        return cb_fail(err, CB_ERR_CONFLICT, "the copy \"%s\" has %s", target, why);
    return cb_fail(err, CB_ERR_CONFLICT, "the source \"%s\" is damaged: %s", source, source_why);
}

static bool name_part(const char *part, const char *target, int fd, struct cb_error *err)
{
    if (fchmod(fd, 0444) != 0)
        return fail_errno(err, "make read-only", part);
    if (rename(part, target) != 0)
        return fail_errno(err, "name", target);
    return cb_file_sync_parent(target, err);
}

/* True in *ret_there when the target is right already; one that is not is taken away. */
static bool check_target(const char *target, const struct file_facts *facts, bool *ret_there,
                         struct cb_error *err)
{
    struct cb_error why = { 0 };
    *ret_there = false;
    if (!file_matches(target, facts, ret_there, NULL, 0, &why)) {
        if (why.kind == CB_ERR_NOT_FOUND)
            return true;
        *err = why;
        return false;
    }
    if (*ret_there)
        return true;
    return unlink(target) == 0 || errno == ENOENT || fail_errno(err, "replace", target);
}

bool carry_file(const char *source, const char *target, const struct file_facts *facts,
                bool (*cancelled)(void), int64_t *ret_moved, struct cb_error *err)
{
    cb_auto(cb_free) char *part = part_path(target);
    AUTO_FD int fd = -1;
    bool done = false;
    char why[128];
    int64_t moved = 0;

    if (!cb_file_make_parents(target, err) || !check_target(target, facts, &done, err))
        return false;
    if (ret_moved != NULL)
        *ret_moved = 0;
    if (done)
        return true;
    if (!open_part(part, &fd, err))
        return false;
    bool filled = fill_part(source, part, fd, facts->bytes, cancelled, &moved, err);
    if (ret_moved != NULL)
        *ret_moved = moved;
    if (!filled)
        return false;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* so that it is the disk that is read again */
    if (!file_matches(part, facts, &done, why, sizeof why, err))
        return false;
    return done ? name_part(part, target, fd, err) : refuse_copy(source, target, part, facts, why, err);
}
