/* Identifiers: making, reading and writing UUIDs. */
#include "base/uuid.h"

#include "base/alloc.h"
#include "base/sha1.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void stamp(struct cb_uuid *uuid, unsigned char version)
{
    uuid->byte[6] = (unsigned char)((uuid->byte[6] & 0x0f) | version << 4);
    uuid->byte[8] = (unsigned char)((uuid->byte[8] & 0x3f) | 0x80);
}

struct cb_uuid cb_uuid_v7(uint64_t unix_ms, const unsigned char random[10])
{
    struct cb_uuid uuid;
    for (int i = 0; i < 6; i++)
        uuid.byte[i] = (unsigned char)(unix_ms >> (40 - 8 * i));
    memcpy(uuid.byte + 6, random, 10);
    stamp(&uuid, 7);
    return uuid;
}

struct cb_uuid cb_uuid_v5(const struct cb_uuid *space, const char *name, size_t size)
{
    unsigned char *message = cb_xalloc(sizeof space->byte + size);
    memcpy(message, space->byte, sizeof space->byte);
    memcpy(message + sizeof space->byte, name, size);
    unsigned char digest[20];
    cb_sha1(message, sizeof space->byte + size, digest);
    free(message);

    struct cb_uuid uuid;
    memcpy(uuid.byte, digest, sizeof uuid.byte);
    stamp(&uuid, 5);
    return uuid;
}

static unsigned char hex_value(char digit)
{
    return (unsigned char)(digit <= '9' ? digit - '0' : tolower((unsigned char)digit) - 'a' + 10);
}

bool cb_uuid_parse(const char *text, struct cb_uuid *ret_uuid)
{
    struct cb_uuid uuid;
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-')
            return false;
        if (!isxdigit((unsigned char)text[at]) || !isxdigit((unsigned char)text[at + 1]))
            return false;
        uuid.byte[i] = (unsigned char)(hex_value(text[at]) << 4 | hex_value(text[at + 1]));
        at += 2;
    }
    if (text[at] != '\0')
        return false;
    *ret_uuid = uuid;
    return true;
}

void cb_uuid_format(const struct cb_uuid *uuid, char ret_text[CB_UUID_TEXT_SIZE])
{
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            ret_text[at++] = '-';
        snprintf(ret_text + at, 3, "%02x", uuid->byte[i]);
        at += 2;
    }
}

void cb_uuid_derive(const char *cause, const char *what, char ret_text[CB_UUID_TEXT_SIZE])
{
    static const struct cb_uuid none = { { 0 } };
    struct cb_uuid space;
    if (!cb_uuid_parse(cause, &space))
        space = cb_uuid_v5(&none, cause, strlen(cause));
    struct cb_uuid derived = cb_uuid_v5(&space, what, strlen(what));
    cb_uuid_format(&derived, ret_text);
}
