/* Identifiers: version 7 from given time and random bytes, version 5 from a name; text form is lower case. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CB_UUID_TEXT_SIZE 37 /* 36 characters and the NUL */

struct cb_uuid {
    unsigned char byte[16];
};

/* RFC 9562 version 7: unix_ms in the first 48 bits, the rest from random[10]. */
struct cb_uuid cb_uuid_v7(uint64_t unix_ms, const unsigned char random[10]);
/* RFC 9562 version 5: SHA-1 of the name space and the name. */
struct cb_uuid cb_uuid_v5(const struct cb_uuid *space, const char *name, size_t size);

/* Exactly 8-4-4-4-12 hex digits of either case; false otherwise, *ret untouched. */
bool cb_uuid_parse(const char *text, struct cb_uuid *ret_uuid);
void cb_uuid_format(const struct cb_uuid *uuid, char ret_text[CB_UUID_TEXT_SIZE]);

/* The id of something derived from another: version 5 of `what` in the name space of `cause`, so that the
 * same cause gives the same id over every retry. A cause that is no UUID is hashed as a name itself. */
void cb_uuid_derive(const char *cause, const char *what, char ret_text[CB_UUID_TEXT_SIZE]);
