/* Errors as values: what failed, where, and what a consumer should do next. */
#pragma once

#include <stdbool.h>

#define CB_MUST_CHECK __attribute__((warn_unused_result))

/* What the caller should do next; the only thing code ever branches on. */
enum cb_err_kind {
    CB_ERR_NONE = 0,
    CB_ERR_INVALID,   /* this input can never succeed: park it, go on       */
    CB_ERR_NOT_FOUND, /* a named thing is absent; the caller knows if fatal */
    CB_ERR_CONFLICT,  /* a rule refuses it: wrong state, overlap, duplicate */
    CB_ERR_TRANSIENT, /* the same call may succeed later: back off, retry   */
    CB_ERR_FATAL      /* this process cannot go on: log, exit, be restarted */
};

#define CB_ERROR_TEXT_SIZE 1024

struct cb_error {
    enum cb_err_kind kind;
    const char *file; /* where it was first raised, never overwritten */
    int line;
    char text[CB_ERROR_TEXT_SIZE]; /* one line, lower case, no full stop, truncated safely */
};

/* Fill err (NULL is allowed) and return false, so that "return cb_fail(...)" is the whole error path. */
#define cb_fail(err, kind, ...) cb_failed(cb_error_set((err), (kind), __FILE__, __LINE__, __VA_ARGS__))
bool cb_error_set(struct cb_error *err, enum cb_err_kind kind, const char *file, int line, const char *fmt,
                  ...) __attribute__((format(printf, 5, 6)));

/* Put what we were doing in front of an error from below ("cannot read x: ..."); kind and place stay.
 * Returns false. */
#define cb_context(err, ...) cb_failed(cb_error_context((err), __VA_ARGS__))
bool cb_error_context(struct cb_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* False, in plain sight of every caller: static analysis does not look into another file. */
static inline bool cb_failed(bool said)
{
    (void)said;
    return false;
}

/* The kind in a word: "invalid", "not found", "conflict", "transient", "fatal", "none". */
const char *cb_err_kind_name(enum cb_err_kind kind);
