/* The regions that a where-expression writes: POINT, CIRCLE, BOX, POLYGON, REGION. Source: butler.md 7.4. */
#pragma once

#include "domain/where.h"
#include "domain/where_parse.h"

/* A call of one of them as base64, to be freed. Errors: INVALID an argument is no literal number (or, of
 * REGION, no string), no such region; without the place. */
CB_MUST_CHECK bool cb_where_region(const struct cb_where_node *call, const struct cb_where_context *ctx,
                                   char **ret_region, struct cb_error *err);
