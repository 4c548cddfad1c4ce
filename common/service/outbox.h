/* Outgoing events: rows in the transaction of the state change, published by the relay. */
#pragma once

#include "io/db.h"
#include "service/service.h"

#include <google/protobuf-c/protobuf-c.h>

/* What an event is about to be. Texts are borrowed. */
struct cb_outgoing {
    const char *type;    /* "generation.finished": topic and ce_type follow from topics.h */
    const char *key;     /* partition key */
    const char *subject; /* ce_subject; NULL: the key */
    const struct cb_event
        *cause;       /* what made us say it (ids derive from it, the trace goes on); NULL: a root */
    const char *salt; /* tells apart several events of one type from one cause; NULL: "" */
};

/* Put an event into the outbox, in the open transaction of db. With a cause, ce_id derives from (cause id,
 * type, salt), so that a retry says the same thing once. Valid UTF-8 and the limit of 256 KiB are checked
 * here. Errors: CB_ERR_INVALID a string of the message is not UTF-8, or it is too long; as cb_db_run. */
CB_MUST_CHECK bool cb_outbox_put(struct cb_db *db, const struct cb_outgoing *outgoing,
                                 const ProtobufCMessage *message, struct cb_error *err);

/* Who speaks: "/calbus/<site>/<service>". Set once at start by cb_service_main; commands call it themselves.
 */
void cb_outbox_set_source(const char *site, const char *service);

/* A wake-up or heartbeat: sent now, beside the outbox, lost without harm. Only inside a running service; also
 * from worker threads. */
void cb_send_loose(const struct cb_outgoing *outgoing, const ProtobufCMessage *message);
