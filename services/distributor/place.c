/* Files into the source's storage element. */
#include "place.h"

#include "io/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

static bool check_there(const char *source, const char *target, struct cb_digest *ret_digest,
                        struct cb_error *err)
{
    struct cb_digest wanted;
    if (!cb_digest_file(target, ret_digest, err))
        return false;
    if (is_same_file(source, target))
        return true;
    if (!cb_digest_file(source, &wanted, err))
        return false;
    return strcmp(wanted.sha256, ret_digest->sha256) == 0 ||
           cb_fail(err, CB_ERR_CONFLICT, "\"%s\" is there with another content", target);
}

/* A copy is the storage element's own and is made read-only; a link is the repository's file. */
static bool copy_in(const char *source, const char *target, struct cb_error *err)
{
    if (!cb_file_copy(source, target, CB_FILE_SYNC_NOW, NULL, err))
        return false;
    return chmod(target, 0444) == 0 ||
           cb_fail(err, cb_file_err_kind(errno), "could not make \"%s\" read-only: %s", target,
                   strerror(errno));
}

bool place_file(const char *source, const char *target, struct cb_digest *ret_digest, struct cb_error *err)
{
    if (!cb_file_make_parents(target, err))
        return false;
    if (link(source, target) != 0) {
        if (errno == EEXIST)
            return check_there(source, target, ret_digest, err);
        if (errno == ENOENT)
            return cb_fail(err, CB_ERR_NOT_FOUND, "there is no file \"%s\"", source);
        if (!copy_in(source, target, err)) /* another file system, or one without links */
            return false;
    }
    return cb_file_sync_parent(target, err) && cb_digest_file(target, ret_digest, err);
}
