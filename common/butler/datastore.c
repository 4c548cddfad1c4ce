/* Files of a repository. */
#include "butler/datastore.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "butler/arrivals.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/remote.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const transfer_names[] = { "auto",     "copy",    "move",       "link",
                                              "hardlink", "symlink", "relsymlink", "direct" };
enum { TRANSFER_COUNT = sizeof transfer_names / sizeof transfer_names[0] };

const char *cb_transfer_name(enum cb_transfer transfer)
{
    return transfer_names[transfer];
}

bool cb_transfer_parse(const char *name, enum cb_transfer *ret_transfer)
{
    for (int i = 0; i < TRANSFER_COUNT; i++)
        if (strcasecmp(name, transfer_names[i]) == 0) {
            *ret_transfer = (enum cb_transfer)i;
            return true;
        }
    return false;
}

char *cb_file_uri(const char *path)
{
    struct cb_bytes uri = CB_BYTES((size_t)4 * PATH_MAX);
    cb_bytes_puts(&uri, "file://");
    for (const char *c = path; *c != '\0'; c++)
        if (isalnum((unsigned char)*c) || strchr("/-._~", *c) != NULL)
            cb_bytes_add(&uri, c, 1);
        else
            cb_bytes_printf(&uri, "%%%02X", (unsigned)(unsigned char)*c);
    return cb_bytes_steal(&uri);
}

static int hex_digit(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

char *cb_file_uri_path(const char *uri)
{
    if (strncmp(uri, "file://", 7) != 0)
        return NULL;
    const char *c = uri + 7;
    if (strncmp(c, "localhost/", 10) == 0)
        c += 9;
    struct cb_bytes path = CB_BYTES((size_t)4 * PATH_MAX);
    for (; *c != '\0'; c++) {
        if (c[0] == '%' && hex_digit(c[1]) >= 0 && hex_digit(c[2]) >= 0) {
            char byte = (char)(hex_digit(c[1]) * 16 + hex_digit(c[2]));
            cb_bytes_add(&path, &byte, 1);
            c += 2;
        } else {
            cb_bytes_add(&path, c, 1);
        }
    }
    return cb_bytes_steal(&path);
}

/* Take the last part off a path that ends before one. */
static void drop_part(struct cb_bytes *path)
{
    while (path->size > 0 && path->data[path->size - 1] != '/')
        path->size--;
    path->size -= path->size > 0;
    if (path->data != NULL)
        path->data[path->size] = '\0';
}

char *cb_path_absolute(const char *path)
{
    struct cb_bytes whole = CB_BYTES((size_t)2 * PATH_MAX);
    char here[PATH_MAX];
    if (path[0] != '/' && getcwd(here, sizeof here) != NULL && strcmp(here, "/") != 0)
        cb_bytes_puts(&whole, here);
    for (const char *part = path; *part != '\0';) {
        size_t length = strcspn(part, "/");
        if (length == 2 && strncmp(part, "..", 2) == 0)
            drop_part(&whole);
        else if (length > 0 && !(length == 1 && *part == '.'))
            cb_bytes_printf(&whole, "/%.*s", (int)length, part);
        part += length + (part[length] == '/');
    }
    if (whole.size == 0)
        cb_bytes_puts(&whole, "/");
    return cb_bytes_steal(&whole);
}

/* A file that came with the open transaction. */
struct arrival {
    char *placed; /* made by us; removed on rollback */
    char *source; /* of a move: removed after the commit; NULL otherwise */
};

static void end_arrival(void *arg, enum cb_tx_end end)
{
    struct arrival *arrival = arg;
    if (end == CB_TX_ROLLED_BACK)
        unlink(arrival->placed);
    if (end == CB_TX_COMMITTED && arrival->source != NULL)
        unlink(arrival->source);
    free(arrival->placed);
    free(arrival->source);
    free(arrival);
}

static bool fail_errno(struct cb_error *err, const char *what, const char *path)
{
    int number = errno;
    return cb_fail(err, cb_file_err_kind(number), "could not %s \"%s\": %s", what, path, strerror(number));
}

/* Make the bytes of a file durable that another program wrote. */
static bool sync_file(const char *path, struct cb_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(err, "open", path);
    bool ok = fsync(fd) == 0 || errno == EINVAL || errno == EROFS || fail_errno(err, "sync", path);
    close(fd);
    return ok;
}

/* How many steps up from a folder of `from` until it is above `to`: "../../x" for a relative link. */
static char *relative_to(const char *from, const char *to)
{
    size_t common = 0;
    for (size_t i = 0; from[i] != '\0' && from[i] == to[i]; i++)
        if (from[i] == '/')
            common = i + 1;
    struct cb_bytes path = CB_BYTES((size_t)4 * PATH_MAX);
    for (const char *c = from + common; *c != '\0'; c++)
        if (*c == '/')
            cb_bytes_puts(&path, "../");
    cb_bytes_puts(&path, to + common);
    return cb_bytes_steal(&path);
}

/* Link under a temporary name, then rename, so that a target that is there is replaced in one step. */
static bool place_link(const char *source, const char *target, bool symbolic, bool relative,
                       enum cb_file_sync sync, struct cb_error *err)
{
    char unique[CB_UUID_TEXT_SIZE];
    cb_uuid_new_text(unique);
    cb_auto(cb_free) char *name = cb_xasprintf("%s.%s.tmp", target, unique);
    cb_auto(cb_free) char *content = relative ? relative_to(target, source) : cb_xstrdup(source);
    if ((symbolic ? symlink(content, name) : linkat(AT_FDCWD, source, AT_FDCWD, name, AT_SYMLINK_FOLLOW)) !=
        0)
        return fail_errno(err, "link", target);
    if (rename(name, target) != 0) {
        fail_errno(err, "link", target);
        unlink(name);
        return false;
    }
    unlink(name); /* rename leaves it when both are the same file already */
    return sync == CB_FILE_SYNC_LATER || cb_file_sync_parent(target, err);
}

static bool place_hard(const char *source, const char *target, enum cb_file_sync sync, struct cb_error *err)
{
    return (sync == CB_FILE_SYNC_LATER || sync_file(source, err)) &&
           place_link(source, target, false, false, sync, err);
}

/* A hard link where the file system allows it. */
static bool place_link_or(const char *source, const char *target, bool otherwise_copy, enum cb_file_sync sync,
                          struct cb_error *err)
{
    struct cb_error why = { 0 };
    if (place_hard(source, target, sync, &why))
        return true;
    return otherwise_copy ? cb_file_copy(source, target, sync, NULL, err)
                          : place_link(source, target, true, false, sync, err);
}

static bool place(const char *source, const char *target, enum cb_transfer transfer, enum cb_file_sync sync,
                  struct cb_error *err)
{
    switch (transfer) {
    case CB_TRANSFER_COPY:
        return cb_file_copy(source, target, sync, NULL, err);
    case CB_TRANSFER_MOVE:
        return place_link_or(source, target, true, sync, err);
    case CB_TRANSFER_HARDLINK:
        return place_hard(source, target, sync, err);
    case CB_TRANSFER_SYMLINK:
        return place_link(source, target, true, false, sync, err);
    case CB_TRANSFER_RELSYMLINK:
        return place_link(source, target, true, true, sync, err);
    case CB_TRANSFER_AUTO:
    case CB_TRANSFER_LINK:
    case CB_TRANSFER_DIRECT:
    default:
        return place_link_or(source, target, false, sync, err);
    }
}

/* A committed row that names the place keeps it, whether the file is there or not: that of a removal that has
 * not come to its end may be about to delete what is put there. */
static bool check_free(struct cb_repo *repo, const char *path, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(repo->db, "SELECT dataset_id FROM file_datastore_records WHERE path = $1 LIMIT 1",
                   CB_P(cb_p_text(path)), &rows, err))
        return false;
    return cb_rows_count(rows) == 0 ||
           cb_fail(err, CB_ERR_CONFLICT, "\"%s\" is the file of dataset %s", path, cb_rows_text(rows, 0, 0));
}

/* The part of an absolute path below the root, NULL when it is elsewhere. */
static const char *below_root(const struct cb_repo *repo, const char *file)
{
    size_t length = strlen(repo->root);
    return strncmp(file, repo->root, length) == 0 && file[length] == '/' ? file + length + 1 : NULL;
}

static bool is_symbolic_link(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

/* A file of another machine onto target. */
static bool place_remote(const char *uri, const char *target, enum cb_transfer transfer, struct cb_error *err)
{
    if (transfer != CB_TRANSFER_AUTO && transfer != CB_TRANSFER_COPY)
        return cb_fail(err, CB_ERR_INVALID,
                       "Can not use local file system transfer mode %s for remote resource (%s)",
                       transfer_names[transfer], uri);
    return cb_remote_fetch(uri, target, err);
}

/* What came to target goes again when the transaction is rolled back; source: what a move leaves to remove.
 */
static void note_arrival(struct cb_repo *repo, char *target, char *source)
{
    struct arrival *arrival = cb_xalloc(sizeof *arrival);
    *arrival = (struct arrival){ .placed = target, .source = source };
    cb_tx_at_end(repo->db, end_arrival, arrival);
}

static bool ingest_remote(struct cb_repo *repo, const char *uri, const char *path, enum cb_transfer transfer,
                          char **ret_recorded, int64_t *ret_size, struct cb_error *err)
{
    cb_auto(cb_free) char *target = cb_xasprintf("%s/%s", repo->root, path);
    if (transfer == CB_TRANSFER_DIRECT) {
        *ret_recorded = cb_xstrdup(uri);
        return cb_remote_size(uri, ret_size, err);
    }
    if (!cb_file_make_parents(target, err) || !cb_arrival_announce(repo, path, err) ||
        !check_free(repo, path, err) || !place_remote(uri, target, transfer, err))
        return false;
    bool ok = cb_file_size(target, ret_size, err);
    note_arrival(repo, cb_steal(target), NULL);
    *ret_recorded = cb_xstrdup(path);
    return ok;
}

bool cb_datastore_ingest(struct cb_repo *repo, const char *file, const char *path, enum cb_transfer transfer,
                         enum cb_file_sync sync, char **ret_recorded, int64_t *ret_size, struct cb_error *err)
{
    char source[PATH_MAX];
    int64_t size;
    if (cb_remote_is(file))
        return ingest_remote(repo, file, path, transfer, ret_recorded, ret_size, err);
    if (realpath(file, source) == NULL)
        return fail_errno(err, "find file", file);
    if (!cb_file_size(source, &size, err))
        return false;
    const char *inside = below_root(repo, source);
    cb_auto(cb_free) char *target = cb_xasprintf("%s/%s", repo->root, path);
    bool stays = transfer == CB_TRANSFER_DIRECT || (transfer == CB_TRANSFER_AUTO && inside != NULL) ||
                 strcmp(source, target) == 0;
    if (!stays) {
        /* of a symbolic link the link is moved: what it points to is somebody else's, and gets no second name
         */
        bool of_link = transfer == CB_TRANSFER_MOVE && is_symbolic_link(file);
        if (!cb_file_make_parents(target, err) || !cb_arrival_announce(repo, path, err) ||
            !check_free(repo, path, err) ||
            !place(source, target, of_link ? CB_TRANSFER_COPY : transfer, sync, err))
            return false;
        note_arrival(repo, cb_steal(target),
                     transfer == CB_TRANSFER_MOVE ? cb_xstrdup(of_link ? file : source) : NULL);
    } else if (transfer != CB_TRANSFER_DIRECT && sync == CB_FILE_SYNC_NOW && !sync_file(source, err)) {
        return false; /* what is named directly is its owner's to keep */
    }
    if (transfer == CB_TRANSFER_DIRECT) {
        cb_auto(cb_free) char *named = cb_path_absolute(file);
        *ret_recorded = cb_file_uri(named);
    } else {
        *ret_recorded = cb_xstrdup(stays ? inside : path);
    }
    *ret_size = size;
    return true;
}

bool cb_datastore_sync(struct cb_repo *repo, const char *const *recorded, size_t n, struct cb_error *err)
{
    dev_t synced = 0; /* folders below the root may be on other disks */
    for (size_t i = 0; i < n; i++) {
        struct stat info;
        cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", repo->root, recorded[i]);
        if (strstr(recorded[i], "://") != NULL)
            continue; /* what is named directly is its owner's to keep */
        if (lstat(path, &info) != 0)
            return fail_errno(err, "find file", path);
        if (info.st_dev != synced && !cb_file_sync_system(path, err))
            return false;
        synced = info.st_dev;
    }
    return true;
}

bool cb_datastore_copy_out(const char *file, const char *target, enum cb_transfer transfer,
                           struct cb_error *err)
{
    char source[PATH_MAX];
    if (cb_remote_is(file))
        return cb_file_make_parents(target, err) && place_remote(file, target, transfer, err);
    if (realpath(file, source) == NULL)
        return fail_errno(err, "find file", file);
    if (!cb_file_make_parents(target, err))
        return false;
    return transfer == CB_TRANSFER_AUTO ? place_link_or(source, target, true, CB_FILE_SYNC_NOW, err)
                                        : place(source, target, transfer, CB_FILE_SYNC_NOW, err);
}
