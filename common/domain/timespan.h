/* Half-open ranges of TAI nanoseconds, as the repository stores validity and exposure times. Source:
 * butler.md 2.3. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define CB_TIMESPAN_MIN_NS INT64_C(0)                   /* 1970-01-01 TAI: no bound below */
#define CB_TIMESPAN_MAX_NS INT64_C(4102444800000000000) /* 2100-01-01 TAI: no bound above */
#define CB_TIMESPAN_TEXT_SIZE 56                        /* "[4102444799999999999,4102444799999999999)" fits */

/* [begin_ns, end_ns), begin_ns < end_ns unless empty; MIN and MAX stand for "unbounded". */
struct cb_timespan {
    int64_t begin_ns;
    int64_t end_ns;
};

#define CB_TIMESPAN_ALWAYS                                                                                   \
    {                                                                                                        \
        CB_TIMESPAN_MIN_NS, CB_TIMESPAN_MAX_NS                                                               \
    }

/* Clip a time to the legal range. */
int64_t cb_timespan_clip(int64_t tai_ns);

/* From two times (clipped). Equal times become [t, t + 1); begin after end gives the empty range
 * (butler.md 2.3). */
struct cb_timespan cb_timespan_of(int64_t begin_ns, int64_t end_ns);
/* The same, where calbus must be stricter than the butler: a validity that holds nowhere.
 * Errors: INVALID "validity ends at ... before it begins at ..." (also when both are equal). */
CB_MUST_CHECK bool cb_timespan_validity(int64_t begin_ns, int64_t end_ns, struct cb_timespan *ret_span,
                                        struct cb_error *err);

bool cb_timespan_is_empty(struct cb_timespan span);
bool cb_timespan_has_begin(struct cb_timespan span); /* bounded below */
bool cb_timespan_has_end(struct cb_timespan span);   /* bounded above */
bool cb_timespan_overlaps(struct cb_timespan a, struct cb_timespan b);
bool cb_timespan_contains(struct cb_timespan span, int64_t tai_ns); /* begin inclusive, end exclusive */
bool cb_timespan_equal(struct cb_timespan a, struct cb_timespan b);
/* What is common to both; empty when nothing is. */
struct cb_timespan cb_timespan_intersection(struct cb_timespan a, struct cb_timespan b);
/* What remains of `span` without `cut`: 0, 1 or 2 ranges in order. Returns how many. */
int cb_timespan_difference(struct cb_timespan span, struct cb_timespan cut, struct cb_timespan ret_rest[2]);

/* PostgreSQL int8range text as the butler stores it: "(,)", "(,hi)", "[lo,)", "[lo,hi)", "empty". */
void cb_timespan_format(struct cb_timespan span, char ret_text[CB_TIMESPAN_TEXT_SIZE]);
/* Any int8range text that PostgreSQL prints or accepts: either bracket at either end, "empty".
 * Errors: INVALID the text is no range. */
CB_MUST_CHECK bool cb_timespan_parse(const char *text, struct cb_timespan *ret_span, struct cb_error *err);

/* "[2024-12-08T20:00:00, 2024-12-08T20:00:30.500)" with (-∞ and ∞) for open ends. */
#define CB_TIMESPAN_ISO_SIZE 96
void cb_timespan_format_iso(struct cb_timespan span, char ret_text[CB_TIMESPAN_ISO_SIZE]);
/* The same to the second, rounded to microseconds and then cut, as the stock butler prints timespans. */
void cb_timespan_format_seconds(struct cb_timespan span, char ret_text[CB_TIMESPAN_ISO_SIZE]);

/* A date of the command line, TAI without leap-second arithmetic: "YYYY-MM-DD" or "YYYY-MM-DD(T|
 * )hh:mm[:ss[.f]]". Clipped. Errors: INVALID names the text. */
CB_MUST_CHECK bool cb_timespan_parse_date(const char *text, int64_t *ret_tai_ns, struct cb_error *err);
