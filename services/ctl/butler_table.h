/* Tables as the stock butler prints them: names centred over a rule of dashes, cells on the right
 * unless the table is set to the left. */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct butler_table;

struct butler_table *butler_table_new(size_t columns, const char *const *names);
void butler_table_free(struct butler_table *table);
CB_DEFINE_CLEANUP(struct butler_table *, butler_table_free)
/* One row, copied; NULL prints as None. */
void butler_table_add(struct butler_table *table, const char *const *cells);
void butler_table_set_left(struct butler_table *table);
void butler_table_print(const struct butler_table *table, FILE *out);
