/* The private PostgreSQL cluster of one $CALBUS_HOME. */
#include "cluster.h"

#include "base/alloc.h"
#include "base/sha1.h"
#include "io/clock.h"
#include "io/db.h"
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* sun_path holds 108 bytes with its NUL; the server appends "/.s.PGSQL.5432" and, for its lock, ".lock". */
enum { LONGEST_SOCKET = 107, SOCKET_NAME = 14, HASH_DIGITS = 12 };

#define ROOT_FOLDER "/var/lib/calbus"
#define SERVER_FOLDER "/usr/lib/postgresql"

/* Rewritten at every start; included at the end of postgresql.conf. The wal_level stays at least "replica":
 * with "minimal" a sequence that was made and used in one transaction counts again from there after a crash.
 */
static const char server_settings[] = "# written by calbus at every start\n"
                                      "listen_addresses = ''\n"
                                      "unix_socket_directories = '%s'\n"
                                      "unix_socket_permissions = 0700\n"
                                      "max_connections = 200\n"
                                      "shared_buffers = 128MB\n"
                                      "work_mem = 8MB\n"
                                      "max_prepared_transactions = 64\n"
                                      "max_wal_senders = 0\n"
                                      "max_wal_size = 1GB\n"
                                      "checkpoint_timeout = 15min\n"
                                      "random_page_cost = 1.1\n"
                                      "jit = off\n"
                                      "timezone = 'UTC'\n"
                                      "log_timezone = 'UTC'\n"
                                      "logging_collector = off\n"
                                      "log_line_prefix = '%%m [%%p] %%a '\n"
                                      "lc_messages = 'C'\n";

/* ---- small files ---- */

static char *read_line(const char *path)
{
    char text[1024];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return NULL;
    text[n] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return cb_xstrdup(text);
}

static bool write_text(const char *path, const char *text, struct cb_error *err)
{
    return cb_file_replace(path, text, strlen(text), err);
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* ---- address ---- */

char *ctl_cluster_uri(const struct ctl_layout *layout, const char *configured)
{
    if (configured != NULL && *configured != '\0')
        return cb_xstrdup(configured);
    cb_auto(cb_free) char *path = ctl_home_path(layout, "postgres/uri");
    return read_line(path);
}

/* "postgresql://calbus@/<database>?host=<folder>", the folder percent-encoded. */
static char *uri_of(const char *socket, const char *database)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._~-";
    struct cb_bytes uri = CB_BYTES(4096);
    cb_bytes_printf(&uri, "postgresql://calbus@/%s?host=", database);
    for (; *socket != '\0'; socket++) {
        if (strchr(plain, *socket) != NULL)
            cb_bytes_add(&uri, socket, 1);
        else
            cb_bytes_printf(&uri, "%%%02X", (unsigned)(unsigned char)*socket);
    }
    return cb_bytes_steal(&uri);
}

/* ---- the programs ---- */

static bool has_server(const char *bin)
{
    cb_auto(cb_free) char *path = cb_xasprintf("%s/postgres", bin);
    return access(path, X_OK) == 0;
}

/* The newest major version below /usr/lib/postgresql, or the wanted one. */
static char *newest_bin(const char *wanted)
{
    DIR *folder = opendir(SERVER_FOLDER);
    long best = -1;
    char *found = NULL;
    for (struct dirent *entry = NULL; folder != NULL && (entry = readdir(folder)) != NULL;) {
        char *end = NULL;
        long major = strtol(entry->d_name, &end, 10);
        if (end == entry->d_name || *end != '\0' || major <= best ||
            (wanted && strcmp(wanted, entry->d_name) != 0))
            continue;
        cb_auto(cb_free) char *bin = cb_xasprintf(SERVER_FOLDER "/%s/bin", entry->d_name);
        if (!has_server(bin))
            continue;
        free(found);
        found = cb_steal(bin);
        best = major;
    }
    if (folder != NULL)
        closedir(folder);
    return found;
}

static bool find_bin(struct ctl_cluster *cluster, const struct ctl_settings *settings, struct cb_error *err)
{
    cb_auto(cb_free) char *version_file = cb_xasprintf("%s/data/PG_VERSION", cluster->folder);
    cb_auto(cb_free) char *wanted = read_line(version_file);
    if (*settings->postgres_bin != '\0')
        cluster->bin = has_server(settings->postgres_bin) ? cb_xstrdup(settings->postgres_bin) : NULL;
    else
        cluster->bin = newest_bin(wanted);
    if (cluster->bin != NULL)
        return true;
    if (wanted != NULL)
        return cb_fail(err, CB_ERR_NOT_FOUND,
                       "the database in \"%s\" needs PostgreSQL %s, which is not installed", cluster->folder,
                       wanted);
    return cb_fail(err, CB_ERR_NOT_FOUND,
                   "no PostgreSQL server is installed below \"%s\" (Debian: apt-get install postgresql)",
                   *settings->postgres_bin == '\0' ? SERVER_FOLDER : settings->postgres_bin);
}

/* ---- folders ---- */

static void hash_home(const char *home, char ret_hash[HASH_DIGITS + 1])
{
    unsigned char digest[20];
    cb_sha1((const unsigned char *)home, strlen(home), digest);
    for (size_t i = 0; i < HASH_DIGITS / 2; i++)
        snprintf(ret_hash + 2 * i, 3, "%02x", digest[i]);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void remove_tree(const char *path)
{
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A folder there without a record of it in this home belonged to an earlier home of the same name: put it
 * aside, where one such is kept. */
static bool put_aside(const struct ctl_cluster *cluster, struct cb_error *err)
{
    struct ctl_process server;
    if (ctl_cluster_server(cluster, &server))
        ctl_process_end(&server, SIGINT, 30000);
    cb_auto(cb_free) char *aside = cb_xasprintf("%s.old", cluster->folder);
    remove_tree(aside);
    if (rename(cluster->folder, aside) != 0)
        return cb_fail(err, CB_ERR_FATAL, "cannot put \"%s\" aside: %s", cluster->folder, strerror(errno));
    return true;
}

static bool own_folder(const struct ctl_cluster *cluster, const char *path, struct cb_error *err)
{
    if (!ctl_make_folder(path, 0700, err))
        return false;
    struct stat status;
    if (lstat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return cb_fail(err, CB_ERR_FATAL, "\"%s\" is not a folder", path);
    if (status.st_uid != cluster->uid && chown(path, cluster->uid, cluster->gid) != 0)
        return cb_fail(err, CB_ERR_FATAL, "folder \"%s\" belongs to another user and cannot be taken: %s",
                       path, strerror(errno));
    if ((status.st_mode & 077) != 0 && chmod(path, 0700) != 0)
        return cb_fail(err, CB_ERR_FATAL, "cannot close folder \"%s\" to others: %s", path, strerror(errno));
    return true;
}

/* root: user postgres below /var/lib/calbus; others: themselves, below their home. */
static bool find_place(const struct ctl_layout *layout, struct ctl_cluster *cluster, struct cb_error *err)
{
    cb_auto(cb_free) char *location = ctl_home_path(layout, "postgres/location");
    char hash[HASH_DIGITS + 1];
    hash_home(layout->home, hash);
    cluster->uid = geteuid();
    cluster->gid = getegid();
    cluster->folder = read_line(location);
    bool known = cluster->folder != NULL;
    if (geteuid() == 0) {
        struct passwd *postgres = getpwnam("postgres");
        if (postgres == NULL)
            return cb_fail(err, CB_ERR_NOT_FOUND,
                           "there is no user \"postgres\", as whom root runs the database (Debian: apt-get "
                           "install postgresql)");
        cluster->uid = postgres->pw_uid;
        cluster->gid = postgres->pw_gid;
        if (!known)
            cluster->folder = cb_xasprintf(ROOT_FOLDER "/%s", hash);
        if (!ctl_make_folder(ROOT_FOLDER, 0755, err))
            return false;
    } else if (!known) {
        cluster->folder = ctl_home_path(layout, "postgres");
    }
    if (!known && geteuid() == 0 && exists(cluster->folder) && !put_aside(cluster, err))
        return false;
    cluster->socket = cb_xasprintf("%s/socket", cluster->folder);
    if (strlen(cluster->socket) + SOCKET_NAME > LONGEST_SOCKET) {
        free(cluster->socket);
        cluster->socket = cb_xasprintf("/tmp/calbus-%u-%s", (unsigned)cluster->uid, hash);
    }
    cb_auto(cb_free) char *records = ctl_home_path(layout, "postgres");
    return ctl_make_folder(records, 0700, err) && own_folder(cluster, cluster->folder, err) &&
           own_folder(cluster, cluster->socket, err) && write_text(location, cluster->folder, err);
}

/* ---- making ---- */

static bool run_initdb(const struct ctl_cluster *cluster, const char *data, struct cb_error *err)
{
    cb_auto(cb_free) char *initdb = cb_xasprintf("%s/initdb", cluster->bin);
    char *const argv[] = { initdb,
                           (char *)"-D",
                           (char *)data,
                           (char *)"-U",
                           (char *)"calbus",
                           (char *)"-A",
                           (char *)"trust",
                           (char *)"-E",
                           (char *)"UTF8",
                           (char *)"--locale=C.UTF-8",
                           (char *)"-k",
                           (char *)"--no-instructions",
                           NULL };
    char *const environment[] = { (char *)"PATH=/usr/bin:/bin", (char *)"LC_ALL=C.UTF-8", NULL };
    const struct ctl_program program = {
        .argv = argv, .environment = environment, .uid = cluster->uid, .gid = cluster->gid, .output = -1
    };
    cb_auto_bytes struct cb_bytes output = CB_BYTES(65536);
    int status = 0;
    if (!ctl_process_run(&program, &output, &status, err))
        return false;
    if (status == 0)
        return true;
    return cb_fail(err, CB_ERR_FATAL, "initdb in \"%s\" ended with status %d: %s", data, status,
                   cb_bytes_text(&output));
}

/* Made beside and renamed, so that a killed initdb leaves nothing that looks like a cluster. */
static bool make_data(const struct ctl_cluster *cluster, const char *data, struct cb_error *err)
{
    cb_auto(cb_free) char *unfinished = cb_xasprintf("%s.unfinished", data);
    remove_tree(unfinished);
    if (!run_initdb(cluster, unfinished, err))
        return false;
    cb_auto(cb_free) char *conf = cb_xasprintf("%s/postgresql.conf", unfinished);
    FILE *file = fopen(conf, "ae");
    if (file == NULL || fputs("include_if_exists = 'calbus.conf'\n", file) < 0 || fclose(file) != 0)
        return cb_fail(err, CB_ERR_FATAL, "cannot write \"%s\": %s", conf, strerror(errno));
    if (rename(unfinished, data) != 0)
        return cb_fail(err, CB_ERR_FATAL, "cannot rename \"%s\": %s", unfinished, strerror(errno));
    return true;
}

static bool write_settings(const struct ctl_cluster *cluster, const char *data, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(16384);
    cb_auto(cb_free) char *path = cb_xasprintf("%s/calbus.conf", data);
    cb_bytes_printf(&text, server_settings, cluster->socket);
    if (!cb_file_replace(path, text.data, text.size, err))
        return false;
    if (chown(path, cluster->uid, cluster->gid) != 0)
        return cb_fail(err, CB_ERR_FATAL, "cannot give \"%s\" to its server: %s", path, strerror(errno));
    return true;
}

bool ctl_cluster_server(const struct ctl_cluster *cluster, struct ctl_process *ret_server)
{
    cb_auto(cb_free) char *path = cb_xasprintf("%s/data/postmaster.pid", cluster->folder);
    cb_auto(cb_free) char *line = read_line(path);
    char *end = NULL;
    long id = line == NULL ? 0 : strtol(line, &end, 10);
    struct ctl_process process;
    if (id <= 1 || *end != '\0' || !ctl_process_find((pid_t)id, &process))
        return false;
    /* a later process of the same id is not our server: its working folder is not the data */
    char link[64], folder[4096];
    snprintf(link, sizeof link, "/proc/%ld/cwd", id);
    ssize_t n = readlink(link, folder, sizeof folder - 1);
    cb_auto(cb_free) char *data = cb_xasprintf("%s/data", cluster->folder);
    cb_auto(cb_free) char *real = realpath(data, NULL);
    if (n < 0 || real == NULL || (size_t)n != strlen(real) || strncmp(folder, real, (size_t)n) != 0)
        return false;
    *ret_server = process;
    return true;
}

/* PostgreSQL refuses to start when any process has the id in its lock files. When that is a later process
 * which has been given the id of a killed server, the locks are removed. A lock whose process is gone is left
 * to PostgreSQL, which looks for surviving backends by it. */
static void clear_stale_locks(const struct ctl_cluster *cluster)
{
    struct ctl_process server;
    if (ctl_cluster_server(cluster, &server))
        return;
    char *const locks[] = { cb_xasprintf("%s/data/postmaster.pid", cluster->folder),
                            cb_xasprintf("%s/.s.PGSQL.5432.lock", cluster->socket) };
    for (size_t i = 0; i < sizeof locks / sizeof *locks; i++) {
        cb_auto(cb_free) char *line = read_line(locks[i]);
        long id = line == NULL ? 0 : strtol(line, NULL, 10);
        if (id > 1 && ctl_process_find((pid_t)id, &server))
            (void)unlink(locks[i]);
        free(locks[i]);
    }
}

/* The address is recorded only once there is data. Without it the files of the home's repositories are there,
 * but nothing knows them: an empty database in its place would hide that. */
static bool refuse_loss(const struct ctl_cluster *cluster, const char *data, const char *uri_file,
                        struct cb_error *err)
{
    if (exists(data) || !exists(uri_file))
        return true;
    return cb_fail(err, CB_ERR_CONFLICT, "the database that belongs to this home is gone from \"%s\"",
                   cluster->folder);
}

bool ctl_cluster_prepare(const struct ctl_layout *layout, const struct ctl_settings *settings,
                         struct ctl_cluster *ret_cluster, bool *ret_made, struct cb_error *err)
{
    struct ctl_cluster cluster = { 0 };
    cb_auto(cb_free) char *uri_file = ctl_home_path(layout, "postgres/uri");
    cb_auto(cb_free) char *data = NULL;
    bool made = false;
    bool done = find_place(layout, &cluster, err) && find_bin(&cluster, settings, err);
    if (done) {
        data = cb_xasprintf("%s/data", cluster.folder);
        made = !exists(data);
        cluster.uri = uri_of(cluster.socket, "calbus");
        done = refuse_loss(&cluster, data, uri_file, err) && (!made || make_data(&cluster, data, err)) &&
               write_settings(&cluster, data, err) && write_text(uri_file, cluster.uri, err);
    }
    if (!done) {
        ctl_cluster_done(&cluster);
        return cb_context(err, "cannot prepare the database");
    }
    clear_stale_locks(&cluster);
    *ret_cluster = cluster;
    if (ret_made != NULL)
        *ret_made = made;
    return true;
}

void ctl_cluster_done(struct ctl_cluster *cluster)
{
    free(cluster->bin);
    free(cluster->folder);
    free(cluster->socket);
    free(cluster->uri);
    *cluster = (struct ctl_cluster){ 0 };
}

bool ctl_cluster_make_database(const struct ctl_cluster *cluster, struct cb_error *err)
{
    cb_auto(cb_free) char *uri = uri_of(cluster->socket, "postgres");
    cb_auto(cb_db_close) struct cb_db *db = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_open(uri, "calbus up", &db, err) ||
        !cb_db_run(db, "SELECT 1 FROM pg_database WHERE datname = 'calbus'", CB_P0, &rows, err))
        return false;
    return cb_rows_count(rows) > 0 || cb_db_script(db, "CREATE DATABASE calbus", err);
}
