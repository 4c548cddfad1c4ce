/* Any protobuf message as JSON, by its descriptor: field names as in the .proto, enums by name, bytes in hex,
 * what is not set left out. For people and for the console. */
#pragma once

#include "base/json.h"

#include <google/protobuf-c/protobuf-c.h>

/* Append {...}; the message must have been checked (cb_event_decode), so that its depth is limited. */
void cb_message_json(struct cb_json *json, const char *key, const ProtobufCMessage *message);
