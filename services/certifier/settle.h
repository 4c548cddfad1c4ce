/* People's requests: a refusal is an answer, not an error. */
#pragma once

#include "service/service.h"

/* What carries out a request, inside a savepoint. It writes the answer's JSON object into result. */
struct cb_bytes;
typedef bool request_body(void *context, struct cb_db *db, struct cb_bytes *result, struct cb_error *err);

/* Run body in a savepoint and answer request_id: done with its result, or refused (INVALID, NOT_FOUND,
 * CONFLICT) with the sentence, nothing of body remaining. Other failures are returned, to be retried.
 * ret_refused, may be NULL: true when it was refused; ret_why then has the sentence. */
CB_MUST_CHECK bool settle_request(struct cb_db *db, const char *request_id, request_body *body, void *context,
                                  bool *ret_refused, struct cb_error *ret_why, struct cb_error *err);
