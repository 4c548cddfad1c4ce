/* The SQL side of compiling a where-expression: parameters, columns, and which tables they need. */
#pragma once

#include "base/bytes.h"
#include "domain/where.h"
#include "domain/where_names.h"

#define CB_WHERE_SQL_MAX (64U << 20)
#define CB_WHERE_PARAMS_MAX 65535 /* what one statement of PostgreSQL can carry */

struct cb_where_emitter {
    const struct cb_where_context *ctx;
    struct cb_where_param *params;
    size_t n_params;
    uint32_t dimensions;
    uint32_t elements;
    bool overflowed; /* more parameters than CB_WHERE_PARAMS_MAX */
};

void cb_where_emitter_done(struct cb_where_emitter *emitter);

/* A new parameter: "$3::bigint", or "$3::bigint[]" for a list. `value` is copied. The text is the caller's.
 * Decimal fractions are numeric, as literals of SQL are, and so are integers beyond 64 bits. A list of
 * integers holds none of those, a list of floats no infinity. */
char *cb_where_emit_param(struct cb_where_emitter *emitter, enum cb_column_type type, bool is_list,
                          const char *value);
/* The SQL of a name that is not NULL, begin and end taken: "coalesce(lower(x), 0)". Notes what it needs. NULL
 * when what it is of has no table and the query offers no column for it. The text is the caller's. */
char *cb_where_emit_name(struct cb_where_emitter *emitter, const struct cb_where_name *name);
/* Does the text of an INT fit into bigint? */
bool cb_where_is_bigint(const char *value);
/* Is the text of a FLOAT neither infinite nor "nan"? */
bool cb_where_is_finite(const char *value);
/* A member of a PostgreSQL array literal; call cb_where_array_close at the end. */
void cb_where_array_add(struct cb_bytes *array, const char *value);
void cb_where_array_close(struct cb_bytes *array);
/* The pattern of GLOB as a pattern of LIKE: * any run, ? one character, \x the character x. Two backslashes
 * become one, which LIKE takes for its own escape, since the butler hands it down so. Caller frees. */
char *cb_where_like_pattern(const char *glob);
