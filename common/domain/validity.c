/* Which calibration holds. */
#include "domain/validity.h"

#include <stdint.h>

/* The first collection with a match, SIZE_MAX for none, and how many of its rows match. */
static size_t winner(const struct cb_validity_row *rows, size_t n_rows, struct cb_timespan when,
                     size_t *ret_matches)
{
    size_t best = SIZE_MAX, matches = 0;
    for (size_t i = 0; i < n_rows; i++) {
        if (!cb_timespan_overlaps(rows[i].span, when) || rows[i].collection > best)
            continue;
        matches = rows[i].collection < best ? 1 : matches + 1;
        best = rows[i].collection;
    }
    *ret_matches = matches;
    return best;
}

bool cb_validity_find(const struct cb_validity_row *rows, size_t n_rows, struct cb_timespan when,
                      size_t *ret_index, struct cb_error *err)
{
    size_t matches = 0, best = winner(rows, n_rows, when, &matches);
    char text[CB_TIMESPAN_ISO_SIZE];
    cb_timespan_format_iso(when, text);
    if (matches == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "no calibration is valid for %s TAI among %zu", text, n_rows);
    if (matches > 1)
        return cb_fail(err, CB_ERR_CONFLICT, "%zu calibrations of one collection are valid for %s TAI",
                       matches, text);
    for (size_t i = 0; i < n_rows; i++)
        if (rows[i].collection == best && cb_timespan_overlaps(rows[i].span, when))
            *ret_index = i;
    return true;
}

void cb_validity_explain(const struct cb_validity_row *rows, size_t n_rows, struct cb_timespan when,
                         enum cb_validity_verdict *ret_verdicts)
{
    size_t matches = 0, best = winner(rows, n_rows, when, &matches);
    for (size_t i = 0; i < n_rows; i++) {
        if (!cb_timespan_overlaps(rows[i].span, when))
            ret_verdicts[i] = CB_VALIDITY_OUTSIDE;
        else if (rows[i].collection > best)
            ret_verdicts[i] = CB_VALIDITY_SHADOWED;
        else
            ret_verdicts[i] = matches > 1 ? CB_VALIDITY_AMBIGUOUS : CB_VALIDITY_APPLIES;
    }
}

size_t cb_validity_conflict(const struct cb_validity_row *rows, size_t n_rows, size_t collection,
                            struct cb_timespan span)
{
    for (size_t i = 0; i < n_rows; i++)
        if (rows[i].collection == collection && cb_timespan_overlaps(rows[i].span, span))
            return i;
    return n_rows;
}
