/* Small helpers of this layer: PostgreSQL arrays and globs as parameters. */
#pragma once

#include "base/bytes.h"

#include <stddef.h>
#include <stdint.h>

#define CB_ARRAY_MAX (256U << 20)

/* An array literal, built item by item: {"a","b"}. Start with cb_array_begin, end with cb_array_end. */
void cb_array_begin(struct cb_bytes *array);
void cb_array_text(struct cb_bytes *array, const char *text); /* NULL is SQL NULL */
void cb_array_int(struct cb_bytes *array, int64_t value);
const char *cb_array_end(struct cb_bytes *array);

/* An anchored regular expression for a glob (* ? [..]); appended. */
void cb_glob_to_regex(struct cb_bytes *out, const char *glob);
bool cb_is_glob(const char *text);
