/* DDL of the tables of a dimension group. */
#include "butler/dataset_tables.h"

#include "base/alloc.h"
#include "base/blake2b.h"
#include "base/bytes.h"
#include "domain/dimensions.h"
#include "sql.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHORT_NAME_CHARS = 63, KEPT_CHARS = 54, DIGEST_BYTES = 4 };

void cb_shorten_name(const char *name, char ret_name[64])
{
    size_t length = strlen(name);
    if (length <= SHORT_NAME_CHARS) {
        memcpy(ret_name, name, length + 1);
        return;
    }
    unsigned char digest[DIGEST_BYTES];
    cb_blake2b(name, length, digest, sizeof digest);
    snprintf(ret_name, 64, "%.*s_%02x%02x%02x%02x", KEPT_CHARS, name, digest[0], digest[1], digest[2],
             digest[3]);
}

/* A table being defined: statements for its body and for its indexes. */
struct table {
    char name[64];
    struct cb_bytes body, indexes;
};

/* "instrument, detector" as "instrument_detector". */
static void put_joined(struct cb_bytes *out, const char *columns)
{
    for (const char *c = columns; *c != '\0'; c++)
        if (*c == ',')
            cb_bytes_puts(out, "_");
        else if (*c != ' ' && *c != '"')
            cb_bytes_add(out, c, 1);
}

static void put_index(struct table *table, const char *kind, const char *columns)
{
    struct cb_bytes full = CB_BYTES(1024);
    char name[64];
    cb_bytes_printf(&full, "%s_%s_", table->name, kind);
    put_joined(&full, columns);
    cb_shorten_name(cb_bytes_text(&full), name);
    cb_bytes_done(&full);
    cb_bytes_printf(&table->indexes, "CREATE INDEX IF NOT EXISTS \"%s\" ON \"%s\" USING btree (%s);\n", name,
                    table->name, columns);
}

static void put_foreign_key(struct table *table, const char *columns, const char *target,
                            const char *target_columns, const char *action)
{
    struct cb_bytes full = CB_BYTES(1024);
    char name[64];
    cb_bytes_printf(&full, "fkey_%s_%s_", table->name, target);
    put_joined(&full, target_columns);
    cb_bytes_puts(&full, "_");
    put_joined(&full, columns);
    cb_shorten_name(cb_bytes_text(&full), name);
    cb_bytes_done(&full);
    cb_bytes_printf(&table->body, ",\n  CONSTRAINT \"%s\" FOREIGN KEY (%s) REFERENCES \"%s\" (%s)%s", name,
                    columns, target, target_columns, action);
    put_index(table, "fkidx", columns);
}

static const char *sql_type(enum cb_element_index index)
{
    const struct cb_column *key = cb_element_key(cb_element_at(index));
    if (key->type != CB_TYPE_STRING)
        return "bigint";
    return index == CB_GROUP || index == CB_SKYMAP || index == CB_SSP_HYPOTHESIS_TABLE
               ? "text"
               : "character varying(32)";
}

static void put_dimension_columns(struct cb_bytes *out, uint32_t dims, bool with_types)
{
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (dims & CB_DIM(i)) {
            cb_bytes_printf(out, with_types ? ",\n  \"%s\" " : ", \"%s\"",
                            cb_element_at((enum cb_element_index)i)->name);
            if (with_types)
                cb_bytes_printf(out, "%s NOT NULL", sql_type((enum cb_element_index)i));
        }
}

/* From a dimension's columns to its own table. */
static void put_dimension_key(struct table *table, enum cb_element_index index)
{
    const struct cb_element *element = cb_element_at(index);
    struct cb_bytes from = CB_BYTES(512), to = CB_BYTES(512);
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if ((element->required & CB_DIM(i)) != 0) {
            const char *comma = from.size > 0 ? ", " : "";
            cb_bytes_printf(&from, "%s\"%s\"", comma, cb_element_at((enum cb_element_index)i)->name);
            cb_bytes_printf(&to, "%s\"%s\"", comma,
                            cb_element_key_of(element, (enum cb_element_index)i)->name);
        }
    put_foreign_key(table, cb_bytes_text(&from), element->name, cb_bytes_text(&to), "");
    cb_bytes_done(&from);
    cb_bytes_done(&to);
}

/* Making a key locks its target against writers. The order is that in which writers reach the same tables
 * (records, collection, summaries, dataset), so that a table can be made while others write without a
 * deadlock. */
static void put_keys(struct table *table, uint32_t dims)
{
    put_foreign_key(table, "dataset_type_id", "dataset_type", "id", "");
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if ((dims & CB_DIM(i)) && cb_element_at((enum cb_element_index)i)->has_table)
            put_dimension_key(table, (enum cb_element_index)i);
    put_foreign_key(table, "collection_id", "collection", "collection_id", " ON DELETE CASCADE");
    put_foreign_key(table, "collection_id, dataset_type_id", "collection_summary_dataset_type",
                    "collection_id, dataset_type_id", "");
    if (dims & CB_DIM(CB_INSTRUMENT))
        put_foreign_key(table, "collection_id, instrument", "collection_summary_instrument",
                        "collection_id, instrument", "");
    if (dims & CB_DIM(CB_SKYMAP))
        put_foreign_key(table, "collection_id, skymap", "collection_summary_skymap", "collection_id, skymap",
                        "");
    put_foreign_key(table, "dataset_id", "dataset", "id", " ON DELETE CASCADE");
}

static bool run_table(struct cb_repo *repo, struct table *table, const char *before, struct cb_error *err)
{
    struct cb_bytes script = CB_BYTES(262144);
    cb_bytes_printf(&script, "%sCREATE TABLE IF NOT EXISTS \"%s\" (\n%s\n);\n%s", before, table->name,
                    cb_bytes_text(&table->body), cb_bytes_text(&table->indexes));
    bool ok = cb_db_script(repo->db, cb_bytes_text(&script), err);
    cb_bytes_done(&script);
    cb_bytes_done(&table->body);
    cb_bytes_done(&table->indexes);
    return ok;
}

static void start_table(struct table *table, const char *kind, int64_t key)
{
    *table = (struct table){ .body = CB_BYTES(65536), .indexes = CB_BYTES(65536) };
    snprintf(table->name, sizeof table->name, "dataset_%s_%08" PRId64, kind, key);
}

static bool make_tags(struct cb_repo *repo, int64_t key, uint32_t dims, struct cb_error *err)
{
    struct table table;
    struct cb_bytes unique = CB_BYTES(1024), full = CB_BYTES(1024);
    char name[64];
    start_table(&table, "tags", key);
    cb_bytes_puts(&table.body, "  dataset_type_id bigint NOT NULL,\n  dataset_id uuid NOT NULL,\n"
                               "  collection_id bigint NOT NULL");
    put_dimension_columns(&table.body, dims, true);
    cb_bytes_puts(&unique, "dataset_type_id, collection_id");
    put_dimension_columns(&unique, dims, false);
    cb_bytes_printf(&full, "%s_unq_", table.name);
    put_joined(&full, cb_bytes_text(&unique));
    cb_shorten_name(cb_bytes_text(&full), name);
    cb_bytes_printf(&table.body,
                    ",\n  CONSTRAINT \"%s_pkey\" PRIMARY KEY (dataset_id, collection_id),\n"
                    "  CONSTRAINT \"%s\" UNIQUE (%s)",
                    table.name, name, cb_bytes_text(&unique));
    put_keys(&table, dims);
    cb_bytes_done(&unique);
    cb_bytes_done(&full);
    return run_table(repo, &table, "", err);
}

static bool make_calibs(struct cb_repo *repo, int64_t key, uint32_t dims, struct cb_error *err)
{
    struct table table;
    struct cb_bytes index = CB_BYTES(1024);
    char sequence[128];
    start_table(&table, "calibs", key);
    cb_bytes_puts(&table.body,
                  "  id bigint NOT NULL,\n  dataset_type_id bigint NOT NULL,\n  dataset_id uuid NOT NULL,\n"
                  "  collection_id bigint NOT NULL");
    put_dimension_columns(&table.body, dims, true);
    cb_bytes_printf(&table.body,
                    ",\n  timespan int8range NOT NULL DEFAULT '(,)'::int8range,\n"
                    "  CONSTRAINT \"%s_pkey\" PRIMARY KEY (id)",
                    table.name);
    put_keys(&table, dims);
    cb_bytes_puts(&index, "dataset_type_id, collection_id");
    put_dimension_columns(&index, dims, false);
    cb_bytes_puts(&index, ", timespan");
    put_index(&table, "idx", cb_bytes_text(&index));
    cb_bytes_done(&index);
    snprintf(sequence, sizeof sequence, "CREATE SEQUENCE IF NOT EXISTS \"%s_seq_id\";\n", table.name);
    return run_table(repo, &table, sequence, err);
}

bool cb_dataset_tables_make(struct cb_repo *repo, int64_t key, uint32_t dims, bool with_calibs,
                            struct cb_error *err)
{
    return make_tags(repo, key, dims, err) && (!with_calibs || make_calibs(repo, key, dims, err));
}

bool cb_dataset_table_refresh(struct cb_repo *repo, const char *table, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(repo->db, sql_table_has_grown, CB_P(cb_p_text(table)), &rows, err))
        return false;
    cb_auto(cb_free) char *sql = cb_xasprintf("ANALYZE \"%s\"", table);
    return cb_rows_count(rows) == 0 || !cb_rows_bool(rows, 0, 0) || cb_db_script(repo->db, sql, err);
}
