/* Bytes to checked events. protobuf-c accepts empty, truncated-to-default and non-UTF-8 input; here every
 * required field is checked against a table, so that handlers trust what they get. */
#pragma once

#include "service/service.h"

#include <google/protobuf-c/protobuf-c.h>

/* Unpack the wrapper of event->type, check it (the oneof is the one the type says; required texts not empty,
 * free of NUL, UTF-8, within 1024 bytes; enums not UNSPECIFIED; UUIDs are UUIDs; numbers in range; nothing
 * nested deeper than the schema), and give the wrapper. Free with cb_event_free. Errors: CB_ERR_INVALID
 * naming type, field and reason. */
CB_MUST_CHECK bool cb_event_decode(const struct cb_event *event, ProtobufCMessage **ret_wrapper,
                                   struct cb_error *err);
void cb_event_free(ProtobufCMessage *wrapper);
CB_DEFINE_CLEANUP(ProtobufCMessage *, cb_event_free)
