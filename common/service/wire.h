/* Protobuf bytes checked against their descriptor before anybody unpacks them. */
#pragma once

#include "base/error.h"

#include <google/protobuf-c/protobuf-c.h>
#include <stddef.h>

enum { CB_WIRE_TEXT_MAX = 64 << 10, CB_WIRE_DEPTH_MAX = 16, CB_EVENT_SIZE_MAX = 256 << 10 };

/* Tags and lengths fit; every known string is UTF-8 without NUL, at most CB_WIRE_TEXT_MAX bytes; known
 * messages are checked inside, at most CB_WIRE_DEPTH_MAX deep; unknown fields are passed over. Errors:
 * CB_ERR_INVALID naming the message, field and reason. */
CB_MUST_CHECK bool cb_wire_check(const ProtobufCMessageDescriptor *type, const void *bytes, size_t size,
                                 struct cb_error *err);
