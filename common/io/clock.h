/* The world's time and randomness; everything else takes them as values. */
#pragma once

#include "base/uuid.h"

#include <stdint.h>

int64_t cb_clock_tai_ns(void);  /* now, TAI ns since 1970-01-01T00:00:00 TAI */
int64_t cb_clock_unix_ms(void); /* now, UTC Unix time */
int64_t cb_clock_monotonic_ms(void);
void cb_random_bytes(void *ret_bytes, size_t size); /* from the kernel; aborts if it refuses */
struct cb_uuid cb_uuid_new(void);                   /* version 7, now */
void cb_uuid_new_text(char ret_text[CB_UUID_TEXT_SIZE]);
