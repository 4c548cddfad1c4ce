/* The tables of a butler command that runs as a verb of calbus: one JSON document with --json, tab separated
 * lines with --plain. */
#pragma once

#include "args.h"
#include "butler_table.h"

#include "base/bytes.h"
#include "base/json.h"

struct butler_output {
    const struct ctl_args *args; /* --json, --plain, --header, --columns */
    struct cb_bytes text;        /* of the document */
    struct cb_json json;
    size_t n_tables;
    uint64_t seen; /* which of --columns stood in a table */
};

/* Begin; from now on what is given to butler_table_print goes there. schema: "calbus.dataset.list.v1". */
void butler_output_begin(struct butler_output *output, const struct ctl_args *args, const char *schema);
void butler_output_add(struct butler_output *output, const struct butler_table *table);
/* Print what was gathered on `out`. Errors: INVALID a name of --columns that no table had. */
CB_MUST_CHECK bool butler_output_end(struct butler_output *output, FILE *out, struct cb_error *err);
void butler_output_done(struct butler_output *output);
