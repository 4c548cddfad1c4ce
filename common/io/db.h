/* libpq: connections, transactions that end on every path, statements with parameters, SQLSTATE to error
 * kind.
 *
 * A statement that comes a second time on a connection is prepared, keyed by its text. Results come as text.
 * All functions work on one connection, which belongs to one thread. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cb_db;
struct cb_tx;
struct cb_rows;

/* One parameter. Use the makers below; texts are borrowed until the call returns. */
struct cb_param {
    const char *text; /* NULL is SQL NULL */
    char inline_text[32];
};
struct cb_param
cb_p_text(const char *text); /* NULL is SQL NULL; also for uuid, jsonb, ranges: cast in the SQL */
struct cb_param cb_p_int(int64_t value);
struct cb_param cb_p_double(double value); /* shortest text that reads back to the same bits; NaN is 'NaN' */
struct cb_param cb_p_bool(bool value);
struct cb_param cb_p_null(void);

/* The parameters of one call: CB_P(cb_p_text(run), cb_p_int(detector)), or CB_P0. */
#define CB_P(...)                                                                                            \
    (const struct cb_param[]){ __VA_ARGS__ },                                                                \
        sizeof((const struct cb_param[]){ __VA_ARGS__ }) / sizeof(struct cb_param)
#define CB_P0 NULL, 0

/* Open a connection. uri is a libpq URI or key=value string; search_path is left alone.
 * Errors: CB_ERR_TRANSIENT the server cannot be reached; CB_ERR_FATAL it refuses us. Passwords never appear
 * in texts. */
CB_MUST_CHECK bool cb_db_open(const char *uri, const char *application_name, struct cb_db **ret_db,
                              struct cb_error *err);
void cb_db_close(struct cb_db *db);
CB_DEFINE_CLEANUP(struct cb_db *, cb_db_close)

/* The address it was opened with. Borrowed. It may hold a password: never print it. */
const char *cb_db_uri(const struct cb_db *db);

/* Where the connection leads, whatever of it came from a service file, the environment or db-auth.yaml: a
 * libpq URI without password. To be freed. */
char *cb_db_address(const struct cb_db *db);

/* True while the connection is usable; after a lost connection every call fails TRANSIENT until cb_db_reopen.
 */
bool cb_db_is_alive(const struct cb_db *db);
/* Connect again with the same parameters. Prepared statements, LISTENs and session settings are gone. */
CB_MUST_CHECK bool cb_db_reopen(struct cb_db *db, struct cb_error *err);
/* The socket to poll for notifications; -1 when not connected. */
int cb_db_socket(const struct cb_db *db);

/* Run one statement with parameters. ret_rows may be NULL.
 * Errors: by SQLSTATE: 08, 40001, 40P01, 53, 57014, 57P01-03, 55P03, 25006, lost connection TRANSIENT; 23505,
 * 23P01 CONFLICT; other 22, 23 INVALID; 28, 3D000, 42 and the rest FATAL. The text names the constraint. */
CB_MUST_CHECK bool cb_db_run(struct cb_db *db, const char *sql, const struct cb_param *params, size_t n,
                             struct cb_rows **ret_rows, struct cb_error *err);
/* Run a script of several statements without parameters (migrations, schema files). Not prepared. */
CB_MUST_CHECK bool cb_db_script(struct cb_db *db, const char *sql, struct cb_error *err);
/* The five characters of the last failure's SQLSTATE, "" if it had none. Borrowed. */
const char *cb_db_sqlstate(const struct cb_db *db);

/* A transaction, or a savepoint when one is open already. Leaving the scope rolls back; only commit commits,
 * and leaves NULL. An unknown outcome (connection lost during COMMIT) is TRANSIENT. */
CB_MUST_CHECK bool cb_tx_begin(struct cb_db *db, struct cb_tx **ret_tx, struct cb_error *err);
/* The same with a script that is its first statement, in one round trip. */
CB_MUST_CHECK bool cb_tx_begin_with(struct cb_db *db, const char *first, struct cb_tx **ret_tx,
                                    struct cb_error *err);
CB_MUST_CHECK bool cb_tx_commit(struct cb_tx **tx, struct cb_error *err);
void cb_tx_abandon(struct cb_tx *tx);
CB_DEFINE_CLEANUP(struct cb_tx *, cb_tx_abandon)
bool cb_db_in_tx(const struct cb_db *db);

/* How a transaction ended: unknown when the connection was lost during COMMIT. */
enum cb_tx_end { CB_TX_COMMITTED, CB_TX_ROLLED_BACK, CB_TX_UNKNOWN };
/* Have fn called, once, when what is done now is final: at the commit of the outermost transaction, or at the
 * rollback of the innermost one or of any around it. For things outside the database, such as files. Called
 * in reverse order of the requests; fn may not use the connection. A transaction must be open. */
void cb_tx_at_end(struct cb_db *db, void (*fn)(void *arg, enum cb_tx_end end), void *arg);

/* Have a channel notified (NOTIFY) when the outermost transaction is kept, or now when none is open. channel
 * is a plain name that outlives the transaction. A failure is not told: whoever listens looks by itself, too.
 */
void cb_tx_notify(struct cb_db *db, const char *channel);

/* A connection to another database whose work becomes part of the open transaction: its savepoints follow
 * ours, it is undone where ours is, and kept when ours is. Borrowed; the same for the same uri.
 * Where both have written, ours is prepared (PREPARE TRANSACTION), the other is committed, then ours is: a
 * kill between the two leaves a prepared transaction named "calbus:<system>:<xid>:<name>", from which cb_db
 * knows how to go on (cb_joint_list, cb_joint_settle). This needs max_prepared_transactions in our own
 * database: without it (cb_joint_is_safe) the other is committed first, and such a kill loses our part.
 * One transaction can write one other database.
 * name   of what lives there, by which it will be found again
 * Errors: as cb_db_open */
CB_MUST_CHECK bool cb_tx_join(struct cb_db *db, const char *uri, const char *name, struct cb_db **ret_other,
                              struct cb_error *err);
/* Can a transaction with another database outlive a kill? */
CB_MUST_CHECK bool cb_joint_is_safe(struct cb_db *db, bool *ret_safe, struct cb_error *err);
/* Transactions that were cut off between their two commits: columns gid and name. */
CB_MUST_CHECK bool cb_joint_list(struct cb_db *db, struct cb_rows **ret_rows, struct cb_error *err);
/* End one of them as the other database ended its part; *ret_settled false: that one is still at work.
 * db must not be in a transaction. Errors: CONFLICT the other is not the server it was, or has forgotten. */
CB_MUST_CHECK bool cb_joint_settle(struct cb_db *db, const char *gid, struct cb_db *other, bool *ret_settled,
                                   struct cb_error *err);

/* Rows of a result. Texts are borrowed from it. Row and column must exist. */
void cb_rows_free(struct cb_rows *rows);
CB_DEFINE_CLEANUP(struct cb_rows *, cb_rows_free)
size_t cb_rows_count(const struct cb_rows *rows);
size_t cb_rows_columns(const struct cb_rows *rows);
const char *cb_rows_column_name(const struct cb_rows *rows, size_t column);
size_t cb_rows_affected(const struct cb_rows *rows);
bool cb_rows_is_null(const struct cb_rows *rows, size_t row, size_t column);
const char *cb_rows_text(const struct cb_rows *rows, size_t row, size_t column); /* NULL for SQL NULL */
int64_t cb_rows_int(const struct cb_rows *rows, size_t row, size_t column);      /* 0 for SQL NULL */
double cb_rows_double(const struct cb_rows *rows, size_t row, size_t column);    /* NaN for SQL NULL */
bool cb_rows_bool(const struct cb_rows *rows, size_t row, size_t column);        /* false for SQL NULL */

/* A quoted identifier, to be freed. */
char *cb_db_quote_identifier(struct cb_db *db, const char *name);

/* LISTEN's notifications: true and the channel's name when one has come, without waiting. */
bool cb_db_notified(struct cb_db *db, char *ret_channel, size_t size);
