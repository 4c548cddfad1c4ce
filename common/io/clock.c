/* The world's time and randomness. */
#include "io/clock.h"

#include "base/tai.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

static int64_t now_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * CB_NS_PER_S + now.tv_nsec;
}

int64_t cb_clock_tai_ns(void)
{
    return cb_tai_from_utc(now_ns(CLOCK_REALTIME));
}

int64_t cb_clock_unix_ms(void)
{
    return now_ns(CLOCK_REALTIME) / 1000000;
}

int64_t cb_clock_monotonic_ms(void)
{
    return now_ns(CLOCK_MONOTONIC) / 1000000;
}

void cb_random_bytes(void *ret_bytes, size_t size)
{
    if (getrandom(ret_bytes, size, 0) != (ssize_t)size)
        abort();
}

struct cb_uuid cb_uuid_new(void)
{
    unsigned char random[10];
    cb_random_bytes(random, sizeof random);
    return cb_uuid_v7((uint64_t)cb_clock_unix_ms(), random);
}

void cb_uuid_new_text(char ret_text[CB_UUID_TEXT_SIZE])
{
    struct cb_uuid uuid = cb_uuid_new();
    cb_uuid_format(&uuid, ret_text);
}
