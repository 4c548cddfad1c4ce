/* Avro binary encoding and the Confluent frame. Source: Avro 1.11 specification, "Binary Encoding". */
#pragma once

#include "base/bytes.h"

#include <stdint.h>

/* Magic byte 0 and the schema id, big-endian: what stands before a value on the bus. */
void cb_avro_frame(struct cb_bytes *out, uint32_t schema_id);

void cb_avro_long(struct cb_bytes *out, int64_t value);      /* also int: zig-zag, groups of seven bits */
void cb_avro_string(struct cb_bytes *out, const char *text); /* NULL is "" */
void cb_avro_float(struct cb_bytes *out, float value);
void cb_avro_double(struct cb_bytes *out, double value);
void cb_avro_boolean(struct cb_bytes *out, bool value);
/* ["null", "double"]: what is not finite is null. */
void cb_avro_nullable_double(struct cb_bytes *out, double value);
