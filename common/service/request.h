/* What people ask services for, with the answers: rows of calbus.request. */
#pragma once

#include "service/outbox.h"

/* Put a request and its event, in the open transaction of db. id is a UUID that the message carries as
 * request_id. service is who must act. Errors: as cb_outbox_put. */
CB_MUST_CHECK bool cb_request_put(struct cb_db *db, const char *id, const char *service, const char *actor,
                                  const struct cb_outgoing *outgoing, const ProtobufCMessage *message,
                                  struct cb_error *err);

/* Whether an instance of the service has been heard of lately. */
CB_MUST_CHECK bool cb_request_is_served(struct cb_db *db, const char *service, bool *ret_served,
                                        struct cb_error *err);

/* Answers, in the handler's transaction. An id without a row (an event of somebody else's making) is no
 * error; an answer that was given stays. result is a JSON value. A refusal carries the sentence and, by its
 * kind, the exit status that the command ends with: NOT_FOUND 3, CONFLICT 4, others 1. */
CB_MUST_CHECK bool cb_request_done(struct cb_db *db, const char *id, const char *result,
                                   struct cb_error *err);
CB_MUST_CHECK bool cb_request_refuse(struct cb_db *db, const char *id, const struct cb_error *why,
                                     struct cb_error *err);

/* What has become of a request. */
struct cb_answer {
    bool given;
    bool refused;
    int exit;
    char *result; /* JSON, "" if none; owned */
    char *error;  /* "" if none; owned */
};
void cb_answer_done(struct cb_answer *answer);
/* Look once. Errors: CB_ERR_NOT_FOUND no such request. */
CB_MUST_CHECK bool cb_request_look(struct cb_db *db, const char *id, struct cb_answer *ret_answer,
                                   struct cb_error *err);
