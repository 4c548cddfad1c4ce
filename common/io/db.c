/* libpq: connections, transactions, statements. */
#include "io/db.h"

#include "base/alloc.h"
#include "io/db_auth.h"
#include "io/db_inner.h"
#include "io/db_uri.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct cb_rows {
    PGresult *result;
};

struct cb_param cb_p_text(const char *text)
{
    struct cb_param param = { .text = text };
    return param;
}

struct cb_param cb_p_null(void)
{
    return cb_p_text(NULL);
}

struct cb_param cb_p_bool(bool value)
{
    return cb_p_text(value ? "t" : "f");
}

/* A value of our own: text is set when the call is made, because the struct is copied on its way there. */
static const char own_text[] = "";

struct cb_param cb_p_int(int64_t value)
{
    struct cb_param param = { .text = own_text };
    snprintf(param.inline_text, sizeof param.inline_text, "%" PRId64, value);
    return param;
}

struct cb_param cb_p_double(double value)
{
    struct cb_param param = { .text = own_text };
    if (isnan(value))
        snprintf(param.inline_text, sizeof param.inline_text, "NaN");
    else if (isinf(value))
        snprintf(param.inline_text, sizeof param.inline_text, value > 0 ? "Infinity" : "-Infinity");
    else
        snprintf(param.inline_text, sizeof param.inline_text, "%.17g", value);
    return param;
}

static const char *param_text(const struct cb_param *param)
{
    return param->text == own_text ? param->inline_text : param->text;
}

/* libpq's messages end in a newline and may have several lines: keep the first. */
static void first_line(const char *message, char *ret_line, size_t size)
{
    snprintf(ret_line, size, "%s", message);
    ret_line[strcspn(ret_line, "\n")] = '\0';
}

static bool fail_connect(struct cb_db *db, struct cb_error *err)
{
    char line[512];
    first_line(PQerrorMessage(db->connection), line, sizeof line);
    const char *refusals[] = { "authentication failed", "does not exist", "no pg_hba.conf entry",
                               "no password supplied",  "missing \"=\"",  "invalid" };
    enum cb_err_kind kind = CB_ERR_TRANSIENT;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (strstr(PQerrorMessage(db->connection), refusals[i]) != NULL)
            kind = CB_ERR_FATAL;
    return cb_fail(err, kind, "could not connect to the database: %s", line);
}

static void forget_statements(struct cb_db *db)
{
    for (size_t i = 0; i < STATEMENT_SLOTS; i++) {
        free(db->statement[i].text);
        db->statement[i] = (struct statement){ 0 };
    }
    db->statement_count = 0;
}

static void ignore_notice(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

static bool connect_now(struct cb_db *db, struct cb_error *err)
{
    cb_auto(cb_free) char *user = NULL, *password = NULL;
    struct cb_error why = { 0 };
    if (!cb_db_uri_check(db->uri, &why)) /* trying again does not help */
        return cb_fail(err, CB_ERR_FATAL, "could not connect to the database: %s", why.text);
    if (!cb_db_auth_find(db->uri, &user, &password, err))
        return cb_context(err, "could not connect to the database");
    /* a later keyword wins over the address; NULL counts as not given */
    const char *const keywords[] = {
        "dbname", "fallback_application_name", "connect_timeout", "client_encoding", "user", "password", NULL
    };
    const char *const values[] = { db->uri, db->application_name, "10", "UTF8", user, password, NULL };
    db->connection = PQconnectdbParams(keywords, values, 1);
    db->depth = 0;
    if (PQstatus(db->connection) != CONNECTION_OK)
        return fail_connect(db, err);
    PQsetNoticeProcessor(db->connection, ignore_notice, NULL);
    /* compiling a statement takes the server longer than any of ours takes */
    return cb_db_script(db, "SET TIME ZONE 0; SET extra_float_digits = 1; SET jit = off", err);
}

/* The transactions of this depth and deeper have ended. */
static void call_at_end(struct cb_db *db, int depth, enum cb_tx_end end)
{
    while (db->at_end != NULL && db->at_end->depth >= depth) {
        struct at_end *entry = db->at_end;
        db->at_end = entry->next;
        entry->fn(entry->arg, end);
        free(entry);
    }
}

bool cb_db_open(const char *uri, const char *application_name, struct cb_db **ret_db, struct cb_error *err)
{
    cb_auto(cb_db_close) struct cb_db *db = cb_xalloc(sizeof *db);
    db->uri = cb_xstrdup(uri);
    db->application_name = cb_xstrdup(application_name);
    if (!connect_now(db, err))
        return false;
    *ret_db = cb_steal(db);
    return true;
}

void cb_db_close(struct cb_db *db)
{
    if (db == NULL)
        return;
    cb_joint_close(db);
    PQfinish(db->connection);
    call_at_end(db, 0, CB_TX_ROLLED_BACK);
    forget_statements(db);
    free(db->uri);
    free(db->application_name);
    free(db);
}

const char *cb_db_uri(const struct cb_db *db)
{
    return db->uri;
}

char *cb_db_address(const struct cb_db *db)
{
    return cb_db_uri_of_parts(PQuser(db->connection), PQhost(db->connection), PQport(db->connection),
                              PQdb(db->connection));
}

bool cb_db_is_alive(const struct cb_db *db)
{
    return PQstatus(db->connection) == CONNECTION_OK;
}

bool cb_db_reopen(struct cb_db *db, struct cb_error *err)
{
    cb_joint_close(db);
    PQfinish(db->connection);
    db->connection = NULL;
    db->innermost = NULL;
    db->notify = NULL;
    call_at_end(db, 0, CB_TX_ROLLED_BACK);
    forget_statements(db);
    return connect_now(db, err);
}

int cb_db_socket(const struct cb_db *db)
{
    return PQsocket(db->connection);
}

const char *cb_db_sqlstate(const struct cb_db *db)
{
    return db->sqlstate;
}

bool cb_db_in_tx(const struct cb_db *db)
{
    return db->depth > 0;
}

/* First match wins: what a SQLSTATE means for the caller. */
static const struct {
    const char *prefix;
    enum cb_err_kind kind;
} kinds[] = {
    { "08", CB_ERR_TRANSIENT },    { "40001", CB_ERR_TRANSIENT }, { "40P01", CB_ERR_TRANSIENT },
    { "53", CB_ERR_TRANSIENT },    { "57014", CB_ERR_TRANSIENT }, { "57P0", CB_ERR_TRANSIENT },
    { "55P03", CB_ERR_TRANSIENT }, { "25006", CB_ERR_TRANSIENT }, { "23505", CB_ERR_CONFLICT },
    { "23P01", CB_ERR_CONFLICT },  { "22", CB_ERR_INVALID },      { "23", CB_ERR_INVALID },
};

static enum cb_err_kind kind_of(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(sqlstate, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
            return kinds[i].kind;
    return CB_ERR_FATAL;
}

/* A row of the server's own tables: another session made the same table, index or sequence first. IF NOT
 * EXISTS does not look at what is not committed yet. */
static bool was_made_by_another(const PGresult *result)
{
    const char *schema = PQresultErrorField(result, PG_DIAG_SCHEMA_NAME);
    return schema != NULL && strcmp(schema, "pg_catalog") == 0;
}

static enum cb_err_kind kind_of_result(const PGresult *result, const char *sqlstate)
{
    bool made = strcmp(sqlstate, "23505") == 0 && was_made_by_another(result);
    return made ? CB_ERR_TRANSIENT : kind_of(sqlstate);
}

static bool fail_statement(struct cb_db *db, const PGresult *result, struct cb_error *err)
{
    const char *sqlstate = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    snprintf(db->sqlstate, sizeof db->sqlstate, "%s", sqlstate != NULL ? sqlstate : "");
    if (PQstatus(db->connection) != CONNECTION_OK || sqlstate == NULL) {
        char line[512];
        first_line(PQerrorMessage(db->connection), line, sizeof line);
        return cb_fail(err, CB_ERR_TRANSIENT, "lost the database connection: %s", line);
    }
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    return cb_fail(err, kind_of_result(result, sqlstate), "database refused: %s%s%s%s%s (SQLSTATE %s)",
                   primary != NULL ? primary : "", detail != NULL ? ", " : "", detail != NULL ? detail : "",
                   constraint != NULL ? ", constraint " : "", constraint != NULL ? constraint : "", sqlstate);
}

/* Put an owned result into ret_rows or free it; false when the statement failed. */
static bool take_result(struct cb_db *db, PGresult *result, struct cb_rows **ret_rows, struct cb_error *err)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
        fail_statement(db, result, err);
        PQclear(result);
        return false;
    }
    if (ret_rows == NULL) {
        PQclear(result);
        return true;
    }
    *ret_rows = cb_xalloc(sizeof **ret_rows);
    (*ret_rows)->result = result;
    return true;
}

static size_t hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325ULL; /* FNV-1a */
    for (const char *c = text; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3ULL;
    return (size_t)(hash % STATEMENT_SLOTS);
}

/* The slot of a statement: where it is, or where it would be put. */
static size_t find_slot(const struct cb_db *db, const char *sql)
{
    size_t slot = hash_text(sql);
    while (db->statement[slot].text != NULL && strcmp(db->statement[slot].text, sql) != 0)
        slot = (slot + 1) % STATEMENT_SLOTS;
    return slot;
}

static bool prepare(struct cb_db *db, struct statement *statement, const char *name, struct cb_error *err)
{
    PGresult *result = PQprepare(db->connection, name, statement->text, 0, NULL);
    statement->is_prepared = take_result(db, result, NULL, err);
    return statement->is_prepared;
}

/* The first time in one round trip; what comes again is prepared. */
static PGresult *run_new(struct cb_db *db, size_t slot, const char *sql, const char *const *values, size_t n)
{
    if (db->statement_count < STATEMENT_MAX) {
        db->statement[slot].text = cb_xstrdup(sql);
        db->statement_count++;
    }
    return PQexecParams(db->connection, sql, (int)n, NULL, values, NULL, NULL, 0);
}

bool cb_db_run(struct cb_db *db, const char *sql, const struct cb_param *params, size_t n,
               struct cb_rows **ret_rows, struct cb_error *err)
{
    const char **values = n > 0 ? cb_xalloc_array(n, sizeof *values) : NULL;
    for (size_t i = 0; i < n; i++)
        values[i] = param_text(&params[i]);

    size_t slot = find_slot(db, sql);
    struct statement *statement = &db->statement[slot];
    PGresult *result = NULL;
    bool ok = true;
    if (statement->text == NULL) {
        result = run_new(db, slot, sql, values, n);
    } else {
        char name[32];
        snprintf(name, sizeof name, "cb%zu", slot);
        ok = statement->is_prepared || prepare(db, statement, name, err);
        if (ok)
            result = PQexecPrepared(db->connection, name, (int)n, values, NULL, NULL, 0);
    }
    free(values);
    return ok && take_result(db, result, ret_rows, err);
}

bool cb_db_script(struct cb_db *db, const char *sql, struct cb_error *err)
{
    return take_result(db, PQexec(db->connection, sql), NULL, err);
}

void cb_tx_at_end(struct cb_db *db, void (*fn)(void *arg, enum cb_tx_end end), void *arg)
{
    struct at_end *entry = cb_xalloc(sizeof *entry);
    *entry = (struct at_end){ .next = db->at_end, .depth = db->depth, .fn = fn, .arg = arg };
    db->at_end = entry;
}

/* A savepoint was released: what it did ends with the transaction around it. */
static void hand_to_outer(struct cb_db *db, int depth)
{
    for (struct at_end *entry = db->at_end; entry != NULL && entry->depth >= depth; entry = entry->next)
        entry->depth = depth - 1;
}

void cb_tx_notify(struct cb_db *db, const char *channel)
{
    cb_auto(cb_free) char *sql = db->depth == 0 ? cb_xasprintf("NOTIFY %s", channel) : NULL;
    if (sql != NULL)
        PQclear(PQexec(db->connection, sql));
    else
        db->notify = channel;
}

/* At each level, innermost first. */
static bool begin_joined(struct cb_tx *tx, struct cb_error *err)
{
    const struct cb_tx *outer = tx->outer;
    for (const struct cb_tx *other = outer != NULL ? outer->joined : NULL; other != NULL;
         other = other->next) {
        struct cb_tx *begun = NULL;
        if (!cb_tx_begin(other->db, &begun, err))
            return false;
        begun->next = tx->joined;
        tx->joined = begun;
    }
    return true;
}

bool cb_tx_begin_with(struct cb_db *db, const char *first, struct cb_tx **ret_tx, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = cb_xalloc(sizeof *tx);
    cb_auto(cb_free) char *savepoint = cb_xasprintf("SAVEPOINT cb%d", db->depth);
    cb_auto(cb_free) char *sql = cb_xasprintf("%s; %s", db->depth == 0 ? "BEGIN" : savepoint, first);
    *tx = (struct cb_tx){ .db = db, .depth = ++db->depth, .outer = db->innermost };
    db->innermost = tx;
    if (!cb_db_script(db, sql, err) || !begin_joined(tx, err)) /* any of them may have failed: abandoned */
        return false;
    *ret_tx = cb_steal(tx);
    return true;
}

bool cb_tx_begin(struct cb_db *db, struct cb_tx **ret_tx, struct cb_error *err)
{
    return cb_tx_begin_with(db, "", ret_tx, err);
}

bool cb_tx_commit_outermost(struct cb_db *db, struct cb_error *err)
{
    cb_auto(cb_free) char *sql =
        db->notify != NULL ? cb_xasprintf("NOTIFY %s; COMMIT", db->notify) : cb_xstrdup("COMMIT");
    return cb_db_script(db, sql, err);
}

static bool release(struct cb_tx *tx, struct cb_error *err)
{
    char sql[64];
    snprintf(sql, sizeof sql, "RELEASE SAVEPOINT cb%d", tx->depth - 1);
    return cb_joint_release(tx, err) && cb_db_script(tx->db, sql, err);
}

static void leave(struct cb_tx *tx)
{
    tx->db->depth = tx->depth - 1;
    tx->db->innermost = tx->outer;
    if (tx->depth == 1)
        tx->db->notify = NULL;
}

bool cb_tx_commit(struct cb_tx **tx, struct cb_error *err)
{
    struct cb_db *db = (*tx)->db;
    bool outermost = (*tx)->depth == 1, unknown = false;
    /* COMMIT of a failed transaction answers ROLLBACK without an error */
    if (outermost && PQtransactionStatus(db->connection) == PQTRANS_INERROR) {
        cb_tx_abandon(cb_steal(*tx));
        return cb_fail(err, CB_ERR_FATAL, "cannot commit: a statement of the transaction failed before");
    }
    bool ok = outermost ? cb_joint_commit(*tx, &unknown, err) : release(*tx, err);
    if (!ok) {
        if (unknown || (outermost && !cb_db_is_alive(db)))
            call_at_end(db, 1, CB_TX_UNKNOWN);
        cb_tx_abandon(cb_steal(*tx));
        return cb_context(err, "could not commit");
    }
    leave(*tx);
    if (outermost)
        call_at_end(db, 1, CB_TX_COMMITTED);
    else
        hand_to_outer(db, (*tx)->depth);
    free(cb_steal(*tx));
    return true;
}

void cb_tx_abandon(struct cb_tx *tx)
{
    if (tx == NULL)
        return;
    char sql[96];
    if (tx->depth == 1)
        snprintf(sql, sizeof sql, "ROLLBACK");
    else
        snprintf(sql, sizeof sql, "ROLLBACK TO SAVEPOINT cb%d; RELEASE SAVEPOINT cb%d", tx->depth - 1,
                 tx->depth - 1);
    cb_joint_abandon(tx);
    if (tx->db->depth >= tx->depth) { /* an outer rollback may have ended it already */
        PQclear(PQexec(tx->db->connection, sql));
        leave(tx);
        call_at_end(tx->db, tx->depth, CB_TX_ROLLED_BACK);
    }
    free(tx);
}

void cb_rows_free(struct cb_rows *rows)
{
    if (rows == NULL)
        return;
    PQclear(rows->result);
    free(rows);
}

size_t cb_rows_count(const struct cb_rows *rows)
{
    return (size_t)PQntuples(rows->result);
}

size_t cb_rows_columns(const struct cb_rows *rows)
{
    return (size_t)PQnfields(rows->result);
}

const char *cb_rows_column_name(const struct cb_rows *rows, size_t column)
{
    return PQfname(rows->result, (int)column);
}

size_t cb_rows_affected(const struct cb_rows *rows)
{
    return (size_t)strtoull(PQcmdTuples(rows->result), NULL, 10);
}

bool cb_rows_is_null(const struct cb_rows *rows, size_t row, size_t column)
{
    return PQgetisnull(rows->result, (int)row, (int)column);
}

const char *cb_rows_text(const struct cb_rows *rows, size_t row, size_t column)
{
    return cb_rows_is_null(rows, row, column) ? NULL : PQgetvalue(rows->result, (int)row, (int)column);
}

int64_t cb_rows_int(const struct cb_rows *rows, size_t row, size_t column)
{
    const char *text = cb_rows_text(rows, row, column);
    return text == NULL ? 0 : strtoll(text, NULL, 10);
}

double cb_rows_double(const struct cb_rows *rows, size_t row, size_t column)
{
    const char *text = cb_rows_text(rows, row, column);
    return text == NULL ? (double)NAN : strtod(text, NULL);
}

bool cb_rows_bool(const struct cb_rows *rows, size_t row, size_t column)
{
    const char *text = cb_rows_text(rows, row, column);
    return text != NULL && text[0] == 't';
}

char *cb_db_quote_identifier(struct cb_db *db, const char *name)
{
    char *quoted = PQescapeIdentifier(db->connection, name, strlen(name));
    char *copy = cb_xstrdup(quoted != NULL ? quoted : "\"\"");
    PQfreemem(quoted);
    return copy;
}

bool cb_db_notified(struct cb_db *db, char *ret_channel, size_t size)
{
    PQconsumeInput(db->connection);
    PGnotify *note = PQnotifies(db->connection);
    if (note == NULL)
        return false;
    snprintf(ret_channel, size, "%s", note->relname);
    PQfreemem(note);
    return true;
}
