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

enum { FIELDS = 6 };

static const struct cb_where_value values[] = { { CB_TYPE_FLOAT, "10.5" },
                                                { CB_TYPE_STRING, "CIRCLE 10.5 0 1" },
                                                { CB_TYPE_INT, "10" } };
static const struct cb_where_bind binds[] = { { "b_ra", false, &values[0], 1 },
                                              { "b_pos", false, &values[1], 1 },
                                              { "b_int", false, &values[2], 1 } };

static bool answer(struct cb_repo *repo, char *const field[FIELDS], struct cb_error *err)
{
    const char *order[WORDS_MAX], *joined[WORDS_MAX];
    struct cb_query query = { .where = field[5],
                              .binds = binds,
                              .n_binds = sizeof binds / sizeof binds[0],
                              .instrument = field[1][0] != '\0' ? field[1] : NULL,
                              .order_by = order,
                              .n_order_by = split_words(field[2], order),
                              .limit = (size_t)strtoul(field[3], NULL, 10),
                              .dataset_types = joined,
                              .n_dataset_types = split_words(field[4], joined),
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
