/* The yardstick: what a physicist writes in an afternoon, in C on cfitsio. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Read, subtract from each row the median of its 64 overscan pixels, clip at 4 sigma (at most 5 rounds),
 * assemble, write an uncompressed float image. */
bool bench_plain(const char *dir, size_t n, const char *path);
