/* RSE expressions: which storage elements a rule may use. Source: rucio.md 6.
 *
 * Operators | & \ have one precedence and go from left to right; parentheses group. */
#pragma once

#include "base/error.h"

#include <stddef.h>

#define CB_RSE_SYNTAX "Expression does not comply to RSE Expression syntax"
#define CB_RSE_PARENTHESES "Problem with parentheses."
#define CB_RSE_EMPTY "RSE Expression resulted in an empty set."
#define CB_RSE_WRITE_BLOCKED "RSE excluded; not available for writing."

struct cb_rse_attribute {
    const char *key;
    const char *value; /* booleans are "true" and "false" with is_bool */
    bool is_bool;
};

/* One storage element. Its own name is an attribute by itself; columns (rse_type, deterministic, ...) are
 * given as attributes too. Deleted ones are not to be listed. */
struct cb_rse {
    const char *name;
    const struct cb_rse_attribute *attributes;
    size_t n_attributes;
    bool writable; /* availability_write */
};

/* Mark the RSEs that the expression names: ret_member[n_rses]. writable_only drops those that cannot be
 * written. Errors: INVALID the first two sentences above; NOT_FOUND the empty set; CONFLICT nothing of it is
 * writable. The sentence is the whole text. */
CB_MUST_CHECK bool cb_rse_expression_evaluate(const char *expression, const struct cb_rse *rses,
                                              size_t n_rses, bool writable_only, bool *ret_member,
                                              struct cb_error *err);
/* Syntax only. */
CB_MUST_CHECK bool cb_rse_expression_check(const char *expression, struct cb_error *err);
