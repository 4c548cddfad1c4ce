/* People's requests: carrying them out and answering. */
#include "settle.h"

#include "base/bytes.h"
#include "service/request.h"

/* The body's work is kept only when it succeeds. */
static bool run_in_savepoint(struct cb_db *db, request_body *body, void *context, struct cb_bytes *result,
                             struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    return cb_tx_begin(db, &tx, err) && body(context, db, result, err) && cb_tx_commit(&tx, err);
}

bool settle_request(struct cb_db *db, const char *request_id, request_body *body, void *context,
                    bool *ret_refused, struct cb_error *ret_why, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes result = CB_BYTES(65536);
    struct cb_error why = { 0 };
    bool done = run_in_savepoint(db, body, context, &result, &why);
    if (!done && (why.kind == CB_ERR_TRANSIENT || why.kind == CB_ERR_FATAL)) {
        *err = why;
        return false;
    }
    if (ret_refused != NULL) {
        *ret_refused = !done;
        *ret_why = why;
    }
    return done ? cb_request_done(db, request_id, cb_bytes_text(&result), err)
                : cb_request_refuse(db, request_id, &why, err);
}
