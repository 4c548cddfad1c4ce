/* The envelope: CloudEvents 1.0 headers in binary mode, W3C trace context, Confluent prefix. */
#pragma once

#include "io/bus.h"
#include "service/service.h"
#include "service/topics.h"

#define CB_TRACEPARENT_SIZE 56 /* 55 characters and the NUL */
enum { CB_CONFLUENT_PREFIX = 6, CB_CE_TIME_SIZE = 40, CB_ENVELOPE_HEADERS = 9 };

/* "2024-12-08T12:00:00.000Z" */
void cb_ce_time_format(int64_t unix_ms, char ret_text[CB_CE_TIME_SIZE]);
/* RFC 3339 with Z or an offset. */
bool cb_ce_time_parse(const char *text, int64_t *ret_unix_ms);

/* A trace parent that goes on from another (same trace, new span), or a new trace when it is NULL or not
 * valid (W3C Trace Context: 00-<32 hex>-<16 hex>-<2 hex>, ids not all zero; of a higher version the first 55
 * characters). random[24] gives the new ids. */
void cb_trace_continue(const char *traceparent, const unsigned char random[24],
                       char ret_text[CB_TRACEPARENT_SIZE]);
bool cb_trace_is_valid(const char *traceparent);

/* What a message's headers say, texts borrowed from the message; id and traceparent are put into the struct.
 */
struct cb_envelope {
    struct cb_event event;
    char id[37];
    char traceparent[CB_TRACEPARENT_SIZE];
};
/* True when the ce_type header is there: *ret_type is the type of our table, NULL for a foreign one. */
bool cb_envelope_peek(const struct cb_message *message, const struct cb_event_type **ret_type);
/* Errors: CB_ERR_INVALID which header is missing or malformed. */
CB_MUST_CHECK bool cb_envelope_open(const struct cb_message *message, struct cb_envelope *ret_envelope,
                                    struct cb_error *err);

/* The headers of an event about to be sent; texts borrowed. dataschema_ is room for a text. */
struct cb_sealed {
    struct cb_bus_header headers[CB_ENVELOPE_HEADERS];
    char dataschema[160];
};
struct cb_seal {
    const char *id, *ce_type, *source, *subject, *time, *traceparent;
    const char *message; /* "calbus.v1.GenerationEvent"; NULL: no dataschema */
};
void cb_envelope_seal(const struct cb_seal *seal, struct cb_sealed *ret_sealed);
