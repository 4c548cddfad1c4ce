/* What calbus answers to where-expressions: where_rows ROOT, one question a line on standard input,
 * "WHAT<tab>INSTRUMENT<tab>EXPRESSION"; one answer a line, in the same order: "rows KEY KEY ...", or "refused
 * SENTENCE". WHAT is an element (its records), dimensions joined by commas (data IDs) or "bias" (datasets, by
 * id); INSTRUMENT is that of the default data ID, "" for none. In EXPRESSION "\n" is a new line.
 * CALBUS_TEST_DB_URI names the database. The names bound are those of butler_where.py. */
#include "fixture.h"

#include "butler/query.h"
#include "support/print_rows.h"

#define T0 "1733659261000000000" /* 2024-12-08T12:01:01 TAI */

static const struct cb_where_value one[] = {
    { CB_TYPE_INT, "2" },      { CB_TYPE_FLOAT, "1.5" }, { CB_TYPE_STRING, "flat" },
    { CB_TYPE_NULL, NULL },    { CB_TYPE_DATETIME, T0 }, { CB_TYPE_TIMESPAN, "[1733659200000000000," T0 ")" },
    { CB_TYPE_STRING, "*_0?" }
};
static const struct cb_where_value ints[] = { { CB_TYPE_INT, "1" },
                                              { CB_TYPE_INT, "2" },
                                              { CB_TYPE_INT, "5" } };
static const struct cb_where_value floats[] = { { CB_TYPE_FLOAT, "1.5" }, { CB_TYPE_FLOAT, "30" } };
static const struct cb_where_value strings[] = { { CB_TYPE_STRING, "bias" },
                                                 { CB_TYPE_STRING, "it's \"q\"" },
                                                 { CB_TYPE_STRING, "LSSTComCam" } };
static const struct cb_where_value mixed[] = { { CB_TYPE_INT, "1" }, { CB_TYPE_STRING, "a" } };
static const struct cb_where_value times[] = { { CB_TYPE_DATETIME, "1733659260000000000" },
                                               { CB_TYPE_DATETIME, T0 } };

static const struct cb_where_bind binds[] = {
    { "b_int", false, &one[0], 1 },  { "b_float", false, &one[1], 1 },   { "b_str", false, &one[2], 1 },
    { "b_null", false, &one[3], 1 }, { "b_time", false, &one[4], 1 },    { "b_span", false, &one[5], 1 },
    { "b_glob", false, &one[6], 1 }, { "seq_start", false, &one[0], 1 }, { "b_ints", true, ints, 3 },
    { "b_floats", true, floats, 2 }, { "b_strs", true, strings, 3 },     { "b_mixed", true, mixed, 2 },
    { "b_times", true, times, 2 },   { "b_empty", true, NULL, 0 },
};

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

static bool answer_data_ids(struct cb_repo *repo, char *names, const struct cb_query *query,
                            struct cb_error *err)
{
    const char *name[CB_DIMENSION_COUNT];
    size_t count = 0;
    uint32_t dims = 0;
    char *rest = NULL;
    cb_auto_data_ids struct cb_data_id_list list = { 0 };
    for (char *at = strtok_r(names, ",", &rest); at != NULL; at = strtok_r(NULL, ",", &rest))
        name[count++] = at;
    if (!cb_dimensions_parse(name, count, &dims, err) || !cb_query_data_ids(repo, dims, query, &list, err))
        return false;
    printf("rows");
    for (size_t i = 0; i < list.count; i++)
        print_data_id(&list.item[i], cb_dimensions_required(cb_dimensions_expand(dims)));
    return true;
}

static bool answer_datasets(struct cb_repo *repo, const char *type, struct cb_query *query,
                            struct cb_error *err)
{
    const char *collections[] = { BIAS_CALIB, "LSSTComCam/calib/DM-2/demo/biasGen.20241220a" };
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    query->collections = collections;
    query->n_collections = 2;
    if (!cb_query_datasets(repo, type, CB_SEARCH_ALL, query, &list, err))
        return false;
    printf("rows");
    for (size_t i = 0; i < list.count; i++)
        printf(" %s", list.item[i].id);
    return true;
}

static bool answer(struct cb_repo *repo, char *what, struct cb_query *query, struct cb_error *err)
{
    const struct cb_element *element = cb_element_find(what, strlen(what));
    if (element != NULL && element->has_table)
        return answer_records(repo, element, query, err);
    return strcmp(what, "bias") == 0 ? answer_datasets(repo, what, query, err)
                                     : answer_data_ids(repo, what, query, err);
}

static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        bool newline = from[0] == '\\' && from[1] == 'n';
        *to++ = newline ? '\n' : *from;
        from += newline;
    }
    *to = '\0';
}

static void answer_line(struct cb_repo *repo, char *line)
{
    char *instrument = strchr(line, '\t'),
         *expression = instrument != NULL ? strchr(instrument + 1, '\t') : NULL;
    if (expression == NULL) {
        printf("refused the line has no three fields\n");
        return;
    }
    *instrument++ = *expression++ = '\0';
    unescape(expression);
    struct cb_error err = { 0 };
    struct cb_query query = { .where = expression,
                              .binds = binds,
                              .n_binds = sizeof binds / sizeof binds[0],
                              .instrument = instrument[0] != '\0' ? instrument : NULL };
    if (!answer(repo, line, &query, &err)) {
        for (char *c = err.text; *c != '\0'; c++)
            *c = *c == '\n' ? ' ' : *c;
        printf("refused %s", err.text);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    const char *uri = getenv("CALBUS_TEST_DB_URI");
    struct fixture f = { 0 };
    char *line = NULL;
    size_t size = 0;
    if (argc != 2 || uri == NULL) {
        print_error("usage: CALBUS_TEST_DB_URI=... where_rows ROOT\n");
        return 2;
    }
    must(cb_db_open(uri, "where_rows", &f.db, &oops));
    must(cb_repo_open(argv[1], NULL, f.db, &f.repo, &oops));
    for (ssize_t length; (length = getline(&line, &size, stdin)) > 0;) {
        line[strcspn(line, "\n")] = '\0';
        answer_line(f.repo, line);
    }
    free(line);
    cb_repo_close(f.repo);
    cb_db_close(f.db);
    return 0;
}
