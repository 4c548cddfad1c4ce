/* What calbus answers to queries about places on the sky: place_rows ROOT, one question a line on standard
 * input, its fields parted by tabs: WHAT INSTRUMENT ORDER LIMIT JOINED EXPRESSION WHAT is an element (its
 * records), dimensions joined by commas (data IDs), or "datasets:TYPE" (by id), of the runs "places" and
 * "more". INSTRUMENT is that of the default data ID; ORDER: fields joined by commas; JOINED: dataset types
 * that the data IDs must have datasets of. All but WHAT may be empty. One answer a line: "rows KEY KEY ..."
 * or "refused SENTENCE". CALBUS_TEST_DB_URI names the database. */
#include "butler/query.h"
#include "support/answer_lines.h"
#include "support/print_rows.h"

static const char *const collections[] = { "places", "more" };
enum { N_COLLECTIONS = sizeof collections / sizeof collections[0] };

enum { FIELDS = 6, WORDS_MAX = 16 };

static const struct cb_where_value values[] = { { CB_TYPE_FLOAT, "10.5" },
                                                { CB_TYPE_STRING, "CIRCLE 10.5 0 1" },
                                                { CB_TYPE_INT, "10" } };
static const struct cb_where_bind binds[] = { { "b_ra", false, &values[0], 1 },
                                              { "b_pos", false, &values[1], 1 },
                                              { "b_int", false, &values[2], 1 } };

static size_t split(char *text, const char **ret_words)
{
    char *rest = NULL;
    size_t n = 0;
    for (char *at = strtok_r(text, ",", &rest); at != NULL && n < WORDS_MAX; at = strtok_r(NULL, ",", &rest))
        ret_words[n++] = at;
    return n;
}

static bool answer_records(struct cb_repo *repo, const struct cb_element *element,
                           const struct cb_query *query, struct cb_error *err)
{
    cb_auto_records struct cb_record_list list = { 0 };
    if (!cb_query_records(repo, element, query, &list, err))
        return false;
    printf("rows");
    print_records(&list);
    return true;
}

static bool answer_datasets(struct cb_repo *repo, const char *type, struct cb_query *query,
                            struct cb_error *err)
{
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    query->collections = collections;
    query->n_collections = N_COLLECTIONS;
    if (!cb_query_datasets(repo, type, CB_SEARCH_ALL, query, &list, err))
        return false;
    printf("rows");
    for (size_t i = 0; i < list.count; i++)
        printf(" %s", list.item[i].id);
    return true;
}

static bool answer_data_ids(struct cb_repo *repo, char *names, const struct cb_query *query,
                            struct cb_error *err)
{
    const char *name[WORDS_MAX];
    uint32_t dims = 0;
    cb_auto_data_ids struct cb_data_id_list list = { 0 };
    if (!cb_dimensions_parse(name, split(names, name), &dims, err) ||
        !cb_query_data_ids(repo, dims, query, &list, err))
        return false;
    printf("rows");
    for (size_t i = 0; i < list.count; i++)
        print_data_id(&list.item[i], cb_dimensions_required(cb_dimensions_expand(dims)));
    return true;
}

static bool answer(struct cb_repo *repo, char *const field[FIELDS], struct cb_error *err)
{
    const char *order[WORDS_MAX], *joined[WORDS_MAX];
    struct cb_query query = { .where = field[5],
                              .binds = binds,
                              .n_binds = sizeof binds / sizeof binds[0],
                              .instrument = field[1][0] != '\0' ? field[1] : NULL,
                              .order_by = order,
                              .n_order_by = split(field[2], order),
                              .limit = (size_t)strtoul(field[3], NULL, 10),
                              .dataset_types = joined,
                              .n_dataset_types = split(field[4], joined),
                              .collections = collections,
                              .n_collections = N_COLLECTIONS };
    const struct cb_element *element = cb_element_find(field[0], strlen(field[0]));
    if (strncmp(field[0], "datasets:", 9) == 0)
        return answer_datasets(repo, field[0] + 9, &query, err);
    if (element != NULL && element->has_table && query.n_dataset_types == 0)
        return answer_records(repo, element, &query, err);
    return answer_data_ids(repo, field[0], &query, err);
}

static void answer_line(struct cb_repo *repo, char *line)
{
    char *field[FIELDS];
    size_t n = 0;
    for (char *at = line; at != NULL && n < FIELDS; n++)
        field[n] = strsep(&at, "\t");
    struct cb_error err = { 0 };
    if (n != FIELDS)
        printf("refused the line has not %d fields", FIELDS);
    else if (!answer(repo, field, &err))
        printf("refused %s", err.text);
    printf("\n");
}

int main(int argc, char **argv)
{
    return answer_lines(argc, argv, answer_line);
}
