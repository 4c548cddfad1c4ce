/* Avro binary encoding. */
#include "io/avro.h"

#include <math.h>
#include <string.h>

void cb_avro_frame(struct cb_bytes *out, uint32_t schema_id)
{
    const unsigned char frame[5] = { 0, (unsigned char)(schema_id >> 24), (unsigned char)(schema_id >> 16),
                                     (unsigned char)(schema_id >> 8), (unsigned char)schema_id };
    cb_bytes_add(out, frame, sizeof frame);
}

void cb_avro_long(struct cb_bytes *out, int64_t value)
{
    uint64_t rest = (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
    do {
        unsigned char byte = (unsigned char)(rest & 0x7f);
        rest >>= 7;
        if (rest != 0)
            byte |= 0x80;
        cb_bytes_add(out, &byte, 1);
    } while (rest != 0);
}

void cb_avro_string(struct cb_bytes *out, const char *text)
{
    const size_t length = text == NULL ? 0 : strlen(text);
    cb_avro_long(out, (int64_t)length);
    if (length > 0)
        cb_bytes_add(out, text, length);
}

static void add_little_endian(struct cb_bytes *out, uint64_t bits, int size)
{
    for (int i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)(bits >> (8 * i));
        cb_bytes_add(out, &byte, 1);
    }
}

void cb_avro_float(struct cb_bytes *out, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_little_endian(out, bits, 4);
}

void cb_avro_double(struct cb_bytes *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_little_endian(out, bits, 8);
}

void cb_avro_boolean(struct cb_bytes *out, bool value)
{
    const unsigned char byte = value ? 1 : 0;
    cb_bytes_add(out, &byte, 1);
}

void cb_avro_nullable_double(struct cb_bytes *out, double value)
{
    cb_avro_long(out, isfinite(value) ? 1 : 0);
    if (isfinite(value))
        cb_avro_double(out, value);
}
