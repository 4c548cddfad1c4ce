/* Half-open ranges of TAI nanoseconds. */
#include "domain/timespan.h"

#include "base/tai.h"
#include "domain/scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct cb_timespan nothing = { CB_TIMESPAN_MAX_NS, CB_TIMESPAN_MIN_NS };

int64_t cb_timespan_clip(int64_t tai_ns)
{
    if (tai_ns < CB_TIMESPAN_MIN_NS)
        return CB_TIMESPAN_MIN_NS;
    return tai_ns > CB_TIMESPAN_MAX_NS ? CB_TIMESPAN_MAX_NS : tai_ns;
}

struct cb_timespan cb_timespan_of(int64_t begin_ns, int64_t end_ns)
{
    struct cb_timespan span = { cb_timespan_clip(begin_ns), cb_timespan_clip(end_ns) };
    if (span.begin_ns == span.end_ns) {
        if (span.end_ns == CB_TIMESPAN_MAX_NS)
            span.begin_ns--;
        else
            span.end_ns++;
    }
    return span.begin_ns < span.end_ns ? span : nothing;
}

bool cb_timespan_validity(int64_t begin_ns, int64_t end_ns, struct cb_timespan *ret_span,
                          struct cb_error *err)
{
    struct cb_timespan span = { cb_timespan_clip(begin_ns), cb_timespan_clip(end_ns) };
    if (span.begin_ns >= span.end_ns) {
        char begin[CB_ISO_SIZE], end[CB_ISO_SIZE];
        cb_iso_format(begin_ns, 0, 'T', begin);
        cb_iso_format(end_ns, 0, 'T', end);
        return cb_fail(err, CB_ERR_INVALID, "validity ends at %s TAI, which is not after its begin %s TAI",
                       end, begin);
    }
    *ret_span = span;
    return true;
}

bool cb_timespan_is_empty(struct cb_timespan span)
{
    return span.begin_ns >= span.end_ns;
}

bool cb_timespan_has_begin(struct cb_timespan span)
{
    return span.begin_ns > CB_TIMESPAN_MIN_NS;
}

bool cb_timespan_has_end(struct cb_timespan span)
{
    return span.end_ns < CB_TIMESPAN_MAX_NS;
}

bool cb_timespan_overlaps(struct cb_timespan a, struct cb_timespan b)
{
    return !cb_timespan_is_empty(cb_timespan_intersection(a, b));
}

bool cb_timespan_contains(struct cb_timespan span, int64_t tai_ns)
{
    return (!cb_timespan_has_begin(span) || span.begin_ns <= tai_ns) &&
           (!cb_timespan_has_end(span) || tai_ns < span.end_ns) && !cb_timespan_is_empty(span);
}

bool cb_timespan_equal(struct cb_timespan a, struct cb_timespan b)
{
    if (cb_timespan_is_empty(a) || cb_timespan_is_empty(b))
        return cb_timespan_is_empty(a) && cb_timespan_is_empty(b);
    return a.begin_ns == b.begin_ns && a.end_ns == b.end_ns;
}

struct cb_timespan cb_timespan_intersection(struct cb_timespan a, struct cb_timespan b)
{
    struct cb_timespan both = { a.begin_ns > b.begin_ns ? a.begin_ns : b.begin_ns,
                                a.end_ns < b.end_ns ? a.end_ns : b.end_ns };
    return cb_timespan_is_empty(both) ? nothing : both;
}

int cb_timespan_difference(struct cb_timespan span, struct cb_timespan cut, struct cb_timespan ret_rest[2])
{
    int count = 0;
    if (!cb_timespan_overlaps(span, cut)) {
        if (!cb_timespan_is_empty(span))
            ret_rest[count++] = span;
        return count;
    }
    if (span.begin_ns < cut.begin_ns)
        ret_rest[count++] = (struct cb_timespan){ span.begin_ns, cut.begin_ns };
    if (cut.end_ns < span.end_ns)
        ret_rest[count++] = (struct cb_timespan){ cut.end_ns, span.end_ns };
    return count;
}

void cb_timespan_format(struct cb_timespan span, char ret_text[CB_TIMESPAN_TEXT_SIZE])
{
    char begin[24] = "(", end[24] = "";
    if (cb_timespan_is_empty(span)) {
        snprintf(ret_text, CB_TIMESPAN_TEXT_SIZE, "empty");
        return;
    }
    if (cb_timespan_has_begin(span))
        snprintf(begin, sizeof begin, "[%" PRId64, span.begin_ns);
    if (cb_timespan_has_end(span))
        snprintf(end, sizeof end, "%" PRId64, span.end_ns);
    snprintf(ret_text, CB_TIMESPAN_TEXT_SIZE, "%s,%s)", begin, end);
}

/* One bound: absent keeps *ret, else a number. */
static bool parse_bound(const char *text, size_t length, int64_t *ret_ns, bool *ret_present)
{
    char bound[24];
    *ret_present = length > 0;
    if (length == 0)
        return true;
    if (length >= sizeof bound)
        return false;
    memcpy(bound, text, length);
    bound[length] = '\0';
    return cb_scan_integer(bound, ret_ns);
}

bool cb_timespan_parse(const char *text, struct cb_timespan *ret_span, struct cb_error *err)
{
    if (strcmp(text, "empty") == 0) {
        *ret_span = nothing;
        return true;
    }
    size_t length = strlen(text);
    const char *comma = strchr(text, ',');
    struct cb_timespan span = CB_TIMESPAN_ALWAYS;
    bool has_begin = false, has_end = false;
    if (length < 3 || comma == NULL || strchr("[(", text[0]) == NULL ||
        strchr(")]", text[length - 1]) == NULL ||
        !parse_bound(text + 1, (size_t)(comma - text) - 1, &span.begin_ns, &has_begin) ||
        !parse_bound(comma + 1, (size_t)(text + length - 1 - comma) - 1, &span.end_ns, &has_end))
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is not a range of times: expected [begin,end) in ns",
                       text);
    if (has_begin && text[0] == '(' && span.begin_ns < CB_TIMESPAN_MAX_NS)
        span.begin_ns++;
    if (has_end && text[length - 1] == ']' && span.end_ns < CB_TIMESPAN_MAX_NS)
        span.end_ns++;
    span.begin_ns = cb_timespan_clip(span.begin_ns);
    span.end_ns = cb_timespan_clip(span.end_ns);
    *ret_span = cb_timespan_is_empty(span) ? nothing : span;
    return true;
}

static int digits_needed(int64_t ns)
{
    if (ns % CB_NS_PER_S == 0)
        return 0;
    if (ns % 1000000 == 0)
        return 3;
    return ns % 1000 == 0 ? 6 : 9;
}

static void format_ends(struct cb_timespan span, int begin_digits, int end_digits,
                        char ret_text[CB_TIMESPAN_ISO_SIZE])
{
    char begin[CB_ISO_SIZE + 1] = "(-∞", end[CB_ISO_SIZE] = "∞";
    if (cb_timespan_has_begin(span)) {
        begin[0] = '[';
        cb_iso_format(span.begin_ns, begin_digits, 'T', begin + 1);
    }
    if (cb_timespan_has_end(span))
        cb_iso_format(span.end_ns, end_digits, 'T', end);
    snprintf(ret_text, CB_TIMESPAN_ISO_SIZE, "%s, %s)", begin, end);
}

void cb_timespan_format_iso(struct cb_timespan span, char ret_text[CB_TIMESPAN_ISO_SIZE])
{
    if (cb_timespan_is_empty(span))
        snprintf(ret_text, CB_TIMESPAN_ISO_SIZE, "(empty)");
    else
        format_ends(span, digits_needed(span.begin_ns), digits_needed(span.end_ns), ret_text);
}

void cb_timespan_format_seconds(struct cb_timespan span, char ret_text[CB_TIMESPAN_ISO_SIZE])
{
    enum { HALF_MICROSECOND_NS = 500 };
    if (cb_timespan_is_empty(span)) {
        snprintf(ret_text, CB_TIMESPAN_ISO_SIZE, "(empty)");
        return;
    }
    if (cb_timespan_has_begin(span))
        span.begin_ns += HALF_MICROSECOND_NS;
    if (cb_timespan_has_end(span))
        span.end_ns += HALF_MICROSECOND_NS;
    format_ends(span, 0, 0, ret_text);
}

/* A date whose year does not fit into 64 bits of ns, as one on the same side of the repository's range. */
static bool parse_far_date(const char *text, int64_t *ret_ns)
{
    char near[CB_ISO_SIZE];
    int64_t year = 0;
    const char *at = text;
    if (strlen(text) >= sizeof near || !cb_scan_digits(&at, 4, 4, &year) || (year > 1700 && year < 2250))
        return false;
    snprintf(near, sizeof near, "%s%s", year > 2000 ? "2196" : "1796", at); /* leap years both */
    return cb_iso_parse(near, ret_ns);
}

bool cb_timespan_parse_date(const char *text, int64_t *ret_tai_ns, struct cb_error *err)
{
    int64_t ns = 0;
    if (!cb_iso_parse(text, &ns) && !parse_far_date(text, &ns))
        return cb_fail(err, CB_ERR_INVALID,
                       "\"%s\" is not a date: expected YYYY-MM-DD or YYYY-MM-DDThh:mm:ss[.f], TAI", text);
    *ret_tai_ns = cb_timespan_clip(ns);
    return true;
}
