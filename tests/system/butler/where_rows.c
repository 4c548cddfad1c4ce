/* What calbus answers to where-expressions: where_rows ROOT, one question a line on standard input,
 * "WHAT<tab>INSTRUMENT<tab>EXPRESSION"; one answer a line, in the same order: "rows KEY KEY ...", or "refused
 * SENTENCE". WHAT is an element (its records), dimensions joined by commas (data IDs) or a dataset type
 * (datasets, by id), and may go on with "+TYPE": only rows that have datasets of it. INSTRUMENT is that of
 * the default data ID, "" for none. In EXPRESSION "\n" is a new line and "\\" a backslash. CALBUS_TEST_DB_URI
 * names the database. The names bound are those of butler_where.py. */
#include "fixture.h"

#include "butler/query.h"
#include "support/answer_lines.h"
#include "support/print_rows.h"

#define T0 "1733659261000000000" /* 2024-12-08T12:01:01 TAI */

#define ONE(name, type, text)                                                                                \
    {                                                                                                        \
        name, false, (const struct cb_where_value[]){ { type, text } }, 1                                    \
    }
#define LIST(name, ...)                                                                                      \
    {                                                                                                        \
        name, true, (const struct cb_where_value[]){ __VA_ARGS__ },                                          \
            sizeof((const struct cb_where_value[]){ __VA_ARGS__ }) / sizeof(struct cb_where_value)           \
    }
static const struct cb_where_bind binds[] = {
    ONE("b_int", CB_TYPE_INT, "2"),
    ONE("b_float", CB_TYPE_FLOAT, "1.5"),
    ONE("b_str", CB_TYPE_STRING, "flat"),
    ONE("b_null", CB_TYPE_NULL, NULL),
    ONE("b_time", CB_TYPE_DATETIME, T0),
    ONE("b_span", CB_TYPE_TIMESPAN, "[1733659200000000000," T0 ")"),
    ONE("b_glob", CB_TYPE_STRING, "*_0?"),
    ONE("seq_start", CB_TYPE_INT, "2"),
    LIST("b_ints", { CB_TYPE_INT, "1" }, { CB_TYPE_INT, "2" }, { CB_TYPE_INT, "5" }),
    LIST("b_floats", { CB_TYPE_FLOAT, "1.5" }, { CB_TYPE_FLOAT, "30" }),
    LIST("b_strs", { CB_TYPE_STRING, "bias" }, { CB_TYPE_STRING, "it's \"q\"" },
         { CB_TYPE_STRING, "LSSTComCam" }),
    LIST("b_mixed", { CB_TYPE_INT, "1" }, { CB_TYPE_STRING, "a" }),
    LIST("b_times", { CB_TYPE_DATETIME, "1733659260000000000" }, { CB_TYPE_DATETIME, T0 }),
    { "b_empty", true, NULL, 0 },
    ONE("b_uuid", CB_TYPE_UUID, "be986e28-b26e-51f3-b816-0d1d7185ee49"),
    LIST("b_uuids", { CB_TYPE_UUID, "00000000-0000-0000-0000-000000000001" },
         { CB_TYPE_UUID, "80000000-0000-0000-0000-000000000005" }),
    ONE("b_huge", CB_TYPE_INT, "1180591620717411303424"),
    LIST("b_hugest", { CB_TYPE_INT, "1" }, { CB_TYPE_INT, "9223372036854775808" },
         { CB_TYPE_INT, "-18446744073709551616" }),
    ONE("b_inf", CB_TYPE_FLOAT, "inf"),
    ONE("b_nan", CB_TYPE_FLOAT, "nan"),
    ONE("b_text", CB_TYPE_STRING, "\u00e9t\u00e9"),
    LIST("b_texts", { CB_TYPE_STRING, "\u00e9t\u00e9" }, { CB_TYPE_STRING, "a\\b" }, { CB_TYPE_STRING, "" }),
    ONE("b_bytes", CB_TYPE_HASH, "\\x0102"),
    ONE("b_open", CB_TYPE_TIMESPAN, "(," T0 ")"),
    ONE("b_none", CB_TYPE_TIMESPAN, "empty"),
    LIST("b_spans", { CB_TYPE_TIMESPAN, "[1733659200000000000," T0 ")" }),
    LIST("b_nulls", { CB_TYPE_NULL, NULL }),
    ONE("b_star", CB_TYPE_STRING, "*"),
    ONE("B_INT", CB_TYPE_INT, "5"),
    ONE("b_escaped", CB_TYPE_STRING, "a\\\\*"),
    LIST("b_one", { CB_TYPE_INT, "2" }),
};

static bool is_dataset_type(const char *name)
{
    static const char *const types[] = { "bias", "flat", "log" };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i], name) == 0)
            return true;
    return false;
}

static bool answer(struct cb_repo *repo, char *what, struct cb_query *query, struct cb_error *err)
{
    static const char *const collections[] = { BIAS_CALIB, "LSSTComCam/calib/DM-2/demo/biasGen.20241220a",
                                               "r/flat", "c/flat", "r/log" };
    char *type = strchr(what, '+');
    if (type != NULL)
        *type++ = '\0';
    query->dataset_types = (const char *const[]){ type };
    query->n_dataset_types = type != NULL;
    query->collections = collections;
    query->n_collections = sizeof collections / sizeof collections[0];
    const struct cb_element *element = cb_element_find(what, strlen(what));
    if (element != NULL && element->has_table)
        return answer_records(repo, element, query, err);
    return is_dataset_type(what) ? answer_datasets(repo, what, query, err)
                                 : answer_data_ids(repo, what, query, err);
}

static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from == '\\')
            from++;
        *to++ = from[0] == 'n' && from > text && from[-1] == '\\' ? '\n' : *from;
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
    return answer_lines(argc, argv, answer_line);
}
