/* What a decoder checks: one entry for each type of event. */
#pragma once

#include <google/protobuf-c/protobuf-c.h>

enum cb_field_rule {
    CB_RULE_TEXT,     /* not empty, at most 1024 bytes */
    CB_RULE_UUID,     /* 8-4-4-4-12 hex digits */
    CB_RULE_HEX32,    /* 32 hex digits, as rucio prints ids */
    CB_RULE_ENUM,     /* a known value, not UNSPECIFIED */
    CB_RULE_POSITIVE, /* > 0 */
    CB_RULE_DAY,      /* YYYYMMDD, a date that exists */
    CB_RULE_MESSAGE   /* present */
};

struct cb_required {
    const char *field; /* NULL ends the list */
    enum cb_field_rule rule;
};

struct cb_decoder {
    const char *type; /* NULL ends the table */
    const ProtobufCMessageDescriptor *wrapper;
    const char *member; /* of the wrapper's oneof */
    const struct cb_required *required;
};
extern const struct cb_decoder cb_decoders[];
