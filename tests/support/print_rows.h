/* What a query found, as the Python side of a test reads it: " KEY/KEY" for each row. */
#pragma once

#include "butler/query.h"

#include <stdio.h>

static inline void print_records(const struct cb_record_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        for (size_t k = 0, shown = 0; k < list->element->n_columns; k++) {
            enum cb_column_role role = list->element->columns[k].role;
            if (role == CB_COLUMN_REQUIRED || role == CB_COLUMN_PRIMARY)
                printf("%s%s", shown++ == 0 ? " " : "/", list->value[i * list->element->n_columns + k]);
        }
}

static inline void print_data_id(const struct cb_data_id *id, uint32_t dims)
{
    for (int i = 0, shown = 0; i < CB_DIMENSION_COUNT; i++) {
        char text[CB_DIMENSION_TEXT_SIZE];
        if (!(dims & CB_DIM(i)))
            continue;
        cb_data_id_value(id, (enum cb_element_index)i, text);
        printf("%s%s", shown++ == 0 ? " " : "/", text);
    }
}
