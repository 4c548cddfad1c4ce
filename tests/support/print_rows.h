/* What a query found, as the Python side of a test reads it: " KEY/KEY" for each row. */
#pragma once

#include "butler/query.h"

#include <stdio.h>
#include <string.h>

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

enum { WORDS_MAX = 32 };

/* Words between commas; the text is changed. Returns how many. */
static inline size_t split_words(char *text, const char *ret_words[WORDS_MAX])
{
    char *rest = NULL;
    size_t n = 0;
    for (char *at = strtok_r(text, ",", &rest); at != NULL && n < WORDS_MAX; at = strtok_r(NULL, ",", &rest))
        ret_words[n++] = at;
    return n;
}

/* "rows KEY ...", of records, of data IDs of dimensions joined by commas, of datasets by id. */
static inline bool answer_records(struct cb_repo *repo, const struct cb_element *element,
                                  const struct cb_query *query, struct cb_error *err)
{
    cb_auto_records struct cb_record_list list = { 0 };
    if (!cb_query_records(repo, element, query, &list, err))
        return false;
    printf("rows");
    print_records(&list);
    return true;
}

static inline bool answer_data_ids(struct cb_repo *repo, char *names, const struct cb_query *query,
                                   struct cb_error *err)
{
    const char *name[WORDS_MAX];
    uint32_t dims = 0;
    cb_auto_data_ids struct cb_data_id_list list = { 0 };
    if (!cb_dimensions_parse(name, split_words(names, name), &dims, err) ||
        !cb_query_data_ids(repo, dims, query, &list, err))
        return false;
    printf("rows");
    for (size_t i = 0; i < list.count; i++)
        print_data_id(&list.item[i], cb_dimensions_required(cb_dimensions_expand(dims)));
    return true;
}

static inline bool answer_datasets(struct cb_repo *repo, const char *type, const struct cb_query *query,
                                   struct cb_error *err)
{
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    if (!cb_query_datasets(repo, type, CB_SEARCH_ALL, query, &list, err))
        return false;
    printf("rows");
    for (size_t i = 0; i < list.count; i++)
        printf(" %s", list.item[i].id);
    return true;
}
