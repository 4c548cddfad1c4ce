/* Full-size raws of an ITL detector for the benchmark: bias level, row drift and read noise. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define BENCH_SEGMENTS 16
#define BENCH_WIDTH 576
#define BENCH_HEIGHT 2048

void bench_raw_name(const char *dir, size_t i, char *ret_name, size_t size);
bool bench_raws_make(const char *dir, size_t n);
