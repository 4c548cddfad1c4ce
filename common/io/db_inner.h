/* What db.c and db_joint.c know of a connection and its transactions. Nobody else includes this. */
#pragma once

#include "io/db.h"

#include <libpq-fe.h>

/* Statements a connection remembers; beyond that (generated SQL) they run unprepared. */
enum { STATEMENT_SLOTS = 1024, STATEMENT_MAX = 768 };

struct statement {
    char *text; /* NULL: the slot is free */
    bool is_prepared;
};

struct cb_db {
    PGconn *connection;
    char *uri;
    char *application_name;
    int depth; /* 0: no transaction; 1: transaction; n: n-1 savepoints in it */
    char sqlstate[6];
    struct at_end *at_end;   /* newest first */
    struct cb_tx *innermost; /* of those that are open */
    struct joined *joined;   /* connections to other databases */
    const char *notify;      /* channel to be told when the outermost transaction is kept; NULL: none */
    size_t statement_count;
    struct statement statement[STATEMENT_SLOTS]; /* open-addressed set of texts; the slot's number names the
                                                    prepared statement */
};

/* What to call when the transaction of that depth, or one around it, ends. */
struct at_end {
    struct at_end *next;
    int depth;
    void (*fn)(void *arg, enum cb_tx_end end);
    void *arg;
};

struct cb_tx {
    struct cb_db *db;
    int depth;
    struct cb_tx *outer;
    struct cb_tx *joined; /* of other databases, at this level; the next of them is its next */
    struct cb_tx *next;
};

/* A connection to another database, kept from one transaction to the next. */
struct joined {
    struct joined *next;
    struct cb_db *db;
    char *name; /* of the repository, for whoever settles what was cut off */
};

/* db_joint.c: what a transaction's other databases do with it. */
CB_MUST_CHECK bool cb_joint_commit(struct cb_tx *tx, bool *ret_unknown, struct cb_error *err);
CB_MUST_CHECK bool cb_joint_release(struct cb_tx *tx, struct cb_error *err);
void cb_joint_abandon(struct cb_tx *tx);
void cb_joint_close(struct cb_db *db);
/* db.c: COMMIT of the outermost transaction, and the notification that goes with it. */
CB_MUST_CHECK bool cb_tx_commit_outermost(struct cb_db *db, struct cb_error *err);
