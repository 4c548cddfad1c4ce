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
/* Print it, or give it to the one that tables are diverted to. */
void butler_table_print(const struct butler_table *table, FILE *out);
/* From now on printed tables go to `add`; a process runs one command. */
void butler_table_divert(void (*add)(void *self, const struct butler_table *table), void *self);
bool butler_table_is_diverted(void);

/* Cells of the column are JSON numbers for programs. */
void butler_table_set_number(struct butler_table *table, size_t column);
bool butler_table_is_number(const struct butler_table *table, size_t column);
size_t butler_table_columns(const struct butler_table *table);
size_t butler_table_rows(const struct butler_table *table);
const char *butler_table_name(const struct butler_table *table, size_t column);
/* The cells of the row at `at` (NULL: the first), NULL where one is absent; returns where the next row is. */
const char *butler_table_row(const struct butler_table *table, const char *at, const char **ret_cells);
