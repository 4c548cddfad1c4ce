/* One transaction over two databases: ours is prepared, the other committed, then ours. */
#include "base/alloc.h"
#include "io/db_inner.h"
#include "io_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name that PREPARE TRANSACTION takes, with its NUL. */
enum { GID_SIZE = 200 };

/* ---- joining ---- */

static struct joined *find_joined(struct cb_db *db, const char *uri)
{
    for (struct joined *joined = db->joined; joined != NULL; joined = joined->next)
        if (strcmp(joined->db->uri, uri) == 0)
            return joined;
    return NULL;
}

/* Deadlocks over two servers are seen by neither: waiting for long ends them. */
static bool limit_waiting(struct cb_db *other, struct cb_error *err)
{
    return cb_db_script(other, "SET lock_timeout = '30s'", err);
}

static bool open_joined(struct cb_db *db, const char *uri, const char *name, struct joined **ret_joined,
                        struct cb_error *err)
{
    struct joined *joined = find_joined(db, uri);
    if (joined != NULL) {
        *ret_joined = joined;
        return cb_db_is_alive(joined->db) ||
               (cb_db_reopen(joined->db, err) && limit_waiting(joined->db, err));
    }
    cb_auto(cb_db_close) struct cb_db *other = NULL;
    if (!cb_db_open(uri, db->application_name, &other, err) || !limit_waiting(other, err))
        return false;
    joined = cb_xalloc(sizeof *joined);
    *joined = (struct joined){ .next = db->joined, .db = cb_steal(other), .name = cb_xstrdup(name) };
    db->joined = joined;
    *ret_joined = joined;
    return true;
}

static struct cb_db *find_at(const struct cb_tx *tx, const char *uri)
{
    for (const struct cb_tx *other = tx->joined; other != NULL; other = other->next)
        if (strcmp(other->db->uri, uri) == 0)
            return other->db;
    return NULL;
}

/* Begin at each level of the open transaction where it has not, from the outside. */
static bool begin_levels(struct cb_tx *tx, struct cb_db *other, struct cb_error *err)
{
    struct cb_tx *begun = NULL;
    if (tx == NULL || find_at(tx, other->uri) != NULL)
        return true;
    if (!begin_levels(tx->outer, other, err) || !cb_tx_begin(other, &begun, err))
        return false;
    begun->next = tx->joined;
    tx->joined = begun;
    return true;
}

bool cb_tx_join(struct cb_db *db, const char *uri, const char *name, struct cb_db **ret_other,
                struct cb_error *err)
{
    struct joined *joined = NULL;
    *ret_other = find_at(db->innermost, uri);
    if (*ret_other != NULL)
        return true;
    if (!open_joined(db, uri, name, &joined, err) || !begin_levels(db->innermost, joined->db, err))
        return false;
    *ret_other = joined->db;
    return true;
}

void cb_joint_close(struct cb_db *db)
{
    while (db->joined != NULL) {
        struct joined *joined = db->joined;
        db->joined = joined->next;
        cb_db_close(joined->db);
        free(joined->name);
        free(joined);
    }
}

/* ---- levels ---- */

static struct cb_tx *take_joined(struct cb_tx *tx)
{
    struct cb_tx *other = tx->joined;
    if (other != NULL)
        tx->joined = other->next;
    return other;
}

bool cb_joint_release(struct cb_tx *tx, struct cb_error *err)
{
    for (struct cb_tx *other = take_joined(tx); other != NULL; other = take_joined(tx))
        if (!cb_tx_commit(&other, err))
            return false;
    return true;
}

void cb_joint_abandon(struct cb_tx *tx)
{
    for (struct cb_tx *other = take_joined(tx); other != NULL; other = take_joined(tx))
        cb_tx_abandon(other);
}

/* ---- commit ---- */

static const char *name_of(struct cb_db *db, const struct cb_db *other)
{
    for (const struct joined *joined = db->joined; joined != NULL; joined = joined->next)
        if (joined->db == other)
            return joined->name;
    return "";
}

static bool identify(struct cb_db *other, struct cb_rows **ret_rows, struct cb_error *err)
{
    return cb_db_run(other, io_sql_identify_transaction, CB_P0, ret_rows, err);
}

/* Move the one transaction that has written to the front of the list and name ours after it; "" when none
 * has. */
static bool find_writer(struct cb_tx *tx, char gid[GID_SIZE], struct cb_error *err)
{
    struct cb_tx **writer = NULL;
    gid[0] = '\0';
    for (struct cb_tx **at = &tx->joined; *at != NULL; at = &(*at)->next) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        if (!identify((*at)->db, &rows, err))
            return false;
        if (cb_rows_is_null(rows, 0, 1))
            continue;
        if (writer != NULL)
            return cb_fail(err, CB_ERR_INVALID, "one transaction cannot write two other databases: %s and %s",
                           name_of(tx->db, (*writer)->db), name_of(tx->db, (*at)->db));
        writer = at;
        if (snprintf(gid, GID_SIZE, "calbus:%s:%s:%s", cb_rows_text(rows, 0, 0), cb_rows_text(rows, 0, 1),
                     name_of(tx->db, (*at)->db)) >= GID_SIZE)
            return cb_fail(err, CB_ERR_INVALID,
                           "the name \"%.40s...\" is too long for a transaction over two "
                           "databases: give it a label",
                           name_of(tx->db, (*at)->db));
    }
    if (writer != NULL) {
        struct cb_tx *first = *writer;
        *writer = first->next;
        first->next = tx->joined;
        tx->joined = first;
    }
    return true;
}

static bool run_named(struct cb_db *db, const char *what, const char *gid, struct cb_error *err)
{
    char *quoted = PQescapeLiteral(db->connection, gid, strlen(gid));
    cb_auto(cb_free) char *sql = cb_xasprintf("%s %s", what, quoted != NULL ? quoted : "''");
    PQfreemem(quoted);
    return cb_db_script(db, sql, err);
}

/* Somebody who settles what was cut off has been faster. */
static bool is_settled(const struct cb_db *db)
{
    static const char *const states[] = { "42704" /* there is no such */, "55000" /* busy: being ended */ };
    return cb_db_is_alive(db) &&
           (strcmp(db->sqlstate, states[0]) == 0 || strcmp(db->sqlstate, states[1]) == 0);
}

/* Whoever listens looks by itself, too: no harm when it is not told. */
static void tell(struct cb_db *db)
{
    if (db->notify == NULL)
        return;
    cb_auto(cb_free) char *sql = cb_xasprintf("NOTIFY %s", db->notify);
    PQclear(PQexec(db->connection, sql));
}

static bool commit_prepared(struct cb_db *db, const char *gid, struct cb_error *err)
{
    struct cb_error why = { 0 };
    if (run_named(db, "COMMIT PREPARED", gid, &why) || is_settled(db)) {
        tell(db);
        return true;
    }
    *err = why;
    return false;
}

/* Between the two commits. */
static bool commit_both(struct cb_tx *tx, const char *gid, bool *ret_unknown, struct cb_error *err)
{
    struct cb_db *other = tx->joined->db;
    struct cb_tx *written = take_joined(tx);
    struct cb_error ignored = { 0 };
    if (!run_named(tx->db, "PREPARE TRANSACTION", gid, err)) {
        cb_tx_abandon(written);
        return false;
    }
    if (!cb_tx_commit(&written, err)) {
        *ret_unknown = !cb_db_is_alive(other);
        if (!*ret_unknown && !run_named(tx->db, "ROLLBACK PREPARED", gid, &ignored))
            *ret_unknown = true;
        return false;
    }
    *ret_unknown = true;
    return commit_prepared(tx->db, gid, err);
}

bool cb_joint_is_safe(struct cb_db *db, bool *ret_safe, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, io_sql_can_prepare, CB_P0, &rows, err))
        return false;
    *ret_safe = cb_rows_bool(rows, 0, 0);
    return true;
}

bool cb_joint_commit(struct cb_tx *tx, bool *ret_unknown, struct cb_error *err)
{
    char gid[GID_SIZE];
    bool safe = false;
    if (tx->joined == NULL)
        return cb_tx_commit_outermost(tx->db, err);
    if (!find_writer(tx, gid, err) || !cb_joint_is_safe(tx->db, &safe, err))
        return false;
    if (gid[0] != '\0' && safe) {
        bool ok = commit_both(tx, gid, ret_unknown, err);
        cb_joint_abandon(tx); /* the others have only read */
        return ok;
    }
    return cb_joint_release(tx, err) && cb_tx_commit_outermost(tx->db, err);
}

/* ---- what was cut off ---- */

bool cb_joint_list(struct cb_db *db, struct cb_rows **ret_rows, struct cb_error *err)
{
    return cb_db_run(db, io_sql_list_joint, CB_P0, ret_rows, err);
}

static bool ask(struct cb_db *other, const char *gid, char ret_state[24], struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(other, io_sql_ask_outcome, CB_P(cb_p_text(gid)), &rows, err))
        return false;
    if (!cb_rows_bool(rows, 0, 0))
        return cb_fail(err, CB_ERR_CONFLICT,
                       "\"%s\" waits for another database server than the one there now", gid);
    if (cb_rows_is_null(rows, 0, 1))
        return cb_fail(err, CB_ERR_CONFLICT, "the other database has forgotten how its part of \"%s\" ended",
                       gid);
    snprintf(ret_state, 24, "%s", cb_rows_text(rows, 0, 1));
    return true;
}

bool cb_joint_settle(struct cb_db *db, const char *gid, struct cb_db *other, bool *ret_settled,
                     struct cb_error *err)
{
    char state[24];
    *ret_settled = false;
    if (!ask(other, gid, state, err))
        return false;
    if (strcmp(state, "in progress") == 0)
        return true;
    *ret_settled = true;
    struct cb_error why = { 0 };
    const char *end = strcmp(state, "committed") == 0 ? "COMMIT PREPARED" : "ROLLBACK PREPARED";
    if (run_named(db, end, gid, &why) || is_settled(db))
        return true;
    *err = why;
    return false;
}
