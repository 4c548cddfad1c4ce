/* The tables of a butler command that runs as a verb of calbus. */
#include "butler_output.h"

#include "base/alloc.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TEXT = 1 << 30, MOST_COLUMNS = 64, LONGEST_KEY = 64 };

void butler_output_begin(struct butler_output *output, const struct ctl_args *args, const char *schema)
{
    *output = (struct butler_output){ .args = args, .text = CB_BYTES(MOST_TEXT) };
    if (!ctl_args_has(args, "json"))
        return;
    output->json = (struct cb_json)CB_JSON(&output->text);
    cb_json_open(&output->json, NULL, '{');
    cb_json_str(&output->json, "schema", schema);
    cb_json_open(&output->json, "items", '[');
}

/* "Collection Type" and "timespan (TAI)" are keys as collection_type and timespan_tai; people read the one,
 * programs the other. */
static void key_of(const char *name, char key[LONGEST_KEY])
{
    size_t n = 0;
    for (; *name != '\0' && n + 1 < LONGEST_KEY; name++) {
        bool fits = isalnum((unsigned char)*name) || *name == '.';
        if (fits && n > 0 && isupper((unsigned char)*name) && islower((unsigned char)name[-1]) &&
            n + 2 < LONGEST_KEY)
            key[n++] = '_';
        if (fits)
            key[n++] = (char)tolower((unsigned char)*name);
        else if (n > 0 && key[n - 1] != '_')
            key[n++] = '_';
    }
    while (n > 0 && key[n - 1] == '_')
        n--;
    key[n] = '\0';
}

/* The tree of collections is drawn with blanks before the names. */
static const char *without_blanks(const char *text)
{
    return text == NULL ? NULL : text + strspn(text, " ");
}

struct chosen {
    size_t n;
    size_t column[MOST_COLUMNS];
    char key[MOST_COLUMNS][LONGEST_KEY];
};

static void choose_one(const struct butler_table *table, size_t column, struct chosen *chosen)
{
    if (chosen->n == MOST_COLUMNS)
        return;
    chosen->column[chosen->n] = column;
    key_of(butler_table_name(table, column), chosen->key[chosen->n]);
    chosen->n++;
}

/* All columns, or those of --columns that the table has, in the order of --columns. */
static void choose(struct butler_output *output, const struct butler_table *table, struct chosen *chosen)
{
    bool named = false;
    for (size_t i = 0; i < MOST_COLUMNS; i++) {
        cb_auto(cb_free) char *wanted = ctl_args_item(output->args, "columns", i);
        if (wanted == NULL)
            break;
        named = true;
        for (size_t c = 0; c < butler_table_columns(table); c++) {
            char key[LONGEST_KEY];
            key_of(butler_table_name(table, c), key);
            if (strcmp(key, wanted) != 0)
                continue;
            output->seen |= UINT64_C(1) << i;
            choose_one(table, c, chosen);
        }
    }
    for (size_t c = 0; !named && c < butler_table_columns(table); c++)
        choose_one(table, c, chosen);
}

static void add_objects(struct butler_output *output, const struct butler_table *table,
                        const struct chosen *chosen)
{
    cb_auto(cb_free) const char **cells = cb_xalloc_array(butler_table_columns(table) + 1, sizeof *cells);
    const char *at = NULL;
    for (size_t row = 0; row < butler_table_rows(table); row++) {
        at = butler_table_row(table, at, cells);
        cb_json_open(&output->json, NULL, '{');
        for (size_t i = 0; i < chosen->n; i++) {
            const char *cell = without_blanks(cells[chosen->column[i]]);
            bool is_number = cell != NULL && butler_table_is_number(table, chosen->column[i]);
            if (!is_number)
                cb_json_str(&output->json, chosen->key[i], cell);
            else if (isfinite(strtod(cell, NULL)))
                cb_json_raw(&output->json, chosen->key[i], cell);
            else
                cb_json_null(&output->json, chosen->key[i]);
        }
        cb_json_close(&output->json);
    }
}

/* Tabs and newlines inside a value would break the columns. */
static void add_field(struct cb_bytes *text, const char *value, char end)
{
    for (; *value != '\0'; value++) {
        bool breaks = *value == '\t' || *value == '\n' || *value == '\r';
        cb_bytes_add(text, breaks ? " " : value, 1);
    }
    cb_bytes_add(text, &end, 1);
}

static void add_lines(struct butler_output *output, const struct butler_table *table,
                      const struct chosen *chosen)
{
    for (size_t i = 0; ctl_args_has(output->args, "header") && i < chosen->n; i++)
        add_field(&output->text, chosen->key[i], i + 1 == chosen->n ? '\n' : '\t');
    cb_auto(cb_free) const char **cells = cb_xalloc_array(butler_table_columns(table) + 1, sizeof *cells);
    const char *at = NULL;
    for (size_t row = 0; row < butler_table_rows(table); row++) {
        at = butler_table_row(table, at, cells);
        for (size_t i = 0; i < chosen->n; i++) {
            const char *cell = without_blanks(cells[chosen->column[i]]);
            add_field(&output->text, cell == NULL ? "" : cell, i + 1 == chosen->n ? '\n' : '\t');
        }
    }
}

void butler_output_add(struct butler_output *output, const struct butler_table *table)
{
    struct chosen chosen = { 0 };
    choose(output, table, &chosen);
    output->n_tables++;
    if (ctl_args_has(output->args, "json"))
        add_objects(output, table, &chosen);
    else
        add_lines(output, table, &chosen);
}

bool butler_output_end(struct butler_output *output, FILE *out, struct cb_error *err)
{
    for (size_t i = 0; output->n_tables > 0 && i < MOST_COLUMNS; i++) {
        cb_auto(cb_free) char *wanted = ctl_args_item(output->args, "columns", i);
        if (wanted == NULL)
            break;
        if ((output->seen >> i & 1) == 0)
            return cb_fail(err, CB_ERR_INVALID,
                           "unrecognized column \"%s\"; --plain --header without --columns shows them",
                           wanted);
    }
    if (ctl_args_has(output->args, "json")) {
        cb_json_close(&output->json);
        cb_json_null(&output->json, "next");
        cb_json_close(&output->json);
        cb_bytes_puts(&output->text, "\n");
    }
    if (!cb_bytes_ok(&output->text))
        return cb_fail(err, CB_ERR_INVALID,
                       "more than %d bytes of results; ask for less with --where or --limit", MOST_TEXT);
    fputs(cb_bytes_text(&output->text), out);
    return true;
}

void butler_output_done(struct butler_output *output)
{
    cb_bytes_done(&output->text);
}
