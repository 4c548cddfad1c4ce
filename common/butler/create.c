/* Making a repository: schema, tables, seed rows, then butler.yaml. */
#include "butler/repository.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "butler/config_dump.h"
#include "butler/datastore.h"
#include "io/db_uri.h"
#include "io/file.h"
#include "io/yaml.h"
#include "sql.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool check_schema_name(const char *schema, struct cb_error *err)
{
    size_t length = strlen(schema);
    bool plain = length >= 1 && length <= 63 &&
                 strspn(schema, "abcdefghijklmnopqrstuvwxyz0123456789_") == length &&
                 !(schema[0] >= '0' && schema[0] <= '9');
    if (!plain || strncmp(schema, "pg_", 3) == 0 || strcmp(schema, "calbus") == 0 ||
        strcmp(schema, "information_schema") == 0)
        return cb_fail(err, CB_ERR_INVALID,
                       "\"%s\" cannot be a repository's schema: it takes a-z, 0-9 and _, up to 63, and "
                       "neither pg_* nor calbus",
                       schema);
    return true;
}

static bool run_in_schema(struct cb_db *db, const char *schema, const char *script, struct cb_error *err)
{
    return cb_db_run(db, "SELECT set_config('search_path', quote_ident($1) || ', public', true)",
                     CB_P(cb_p_text(schema)), NULL, err) &&
           cb_db_script(db, script, err);
}

/* A schema with tables in it is taken over only when it is a repository without contents, as a create that
 * was killed leaves behind. */
static bool check_leftover(struct cb_db *db, const char *schema, bool is_repository, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!is_repository)
        return cb_fail(err, CB_ERR_CONFLICT, "schema \"%s\" holds tables that are no repository's", schema);
    if (!run_in_schema(db, schema, "SELECT 1", err) || !cb_db_run(db, sql_count_contents, CB_P0, &rows, err))
        return false;
    return !cb_rows_bool(rows, 0, 0) ||
           cb_fail(err, CB_ERR_CONFLICT, "schema \"%s\" holds another repository", schema);
}

static bool make_schema(struct cb_db *db, const char *schema, struct cb_error *err)
{
    cb_auto(cb_free) char *quoted = cb_db_quote_identifier(db, schema);
    cb_auto(cb_free) char *script = cb_xasprintf("CREATE SCHEMA IF NOT EXISTS %s; "
                                                 "CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public",
                                                 quoted);
    return cb_db_script(db, script, err) && run_in_schema(db, schema, sql_create_tables, err) &&
           cb_db_script(db, sql_seed_tables, err) && cb_db_script(db, sql_create_records, err);
}

static bool create_tables(struct cb_db *db, const char *schema, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_tx_begin(db, &tx, err) ||
        !cb_db_script(db, "SELECT pg_advisory_xact_lock(hashtext('calbus repository create'))", err) ||
        !cb_db_run(db, sql_inspect_schema, CB_P(cb_p_text(schema)), &rows, err))
        return false;
    bool is_repository = cb_rows_bool(rows, 0, 0);
    bool ok = is_repository || cb_rows_int(rows, 0, 1) > 0 ? check_leftover(db, schema, is_repository, err)
                                                           : make_schema(db, schema, err);
    return ok && cb_tx_commit(&tx, err);
}

/* What holds whatever the seed says. */
static bool put_forced(const char *uri, const char *schema, struct cb_bytes *text, struct cb_error *err)
{
    cb_auto(cb_free) char *url = NULL;
    if (!cb_db_uri_for_python(uri, &url, err))
        return false;
    cb_bytes_puts(text, "datastore:\n"
                        "  cls: lsst.daf.butler.datastores.fileDatastore.FileDatastore\n"
                        "  records:\n"
                        "    table: file_datastore_records\n"
                        "  root: <butlerRoot>\n"
                        "registry:\n"
                        "  db: ");
    cb_yaml_put_text(text, url);
    cb_bytes_printf(text, "\n  namespace: %s\n", schema);
    return true;
}

/* Elsewhere than in the repository it has to say where that is. */
static bool compose_config(const struct cb_repo_seed *seed, const char *root, const char *forced,
                           struct cb_bytes *text, struct cb_error *err)
{
    const struct cb_config_parts parts = {
        .seed = seed->config, .forced = forced, .override = seed->override, .standalone = seed->standalone
    };
    if (seed->outfile != NULL) {
        cb_auto(cb_free) char *folder = cb_path_absolute(root), *root_uri = cb_file_uri(folder);
        cb_bytes_puts(text, "root: ");
        cb_yaml_put_text(text, root_uri);
        cb_bytes_puts(text, "\n");
    }
    return cb_config_compose(&parts, text, err);
}

bool cb_repo_create_seeded(struct cb_db *db, const char *uri, const char *root, const char *schema,
                           const struct cb_repo_seed *seed, struct cb_error *err)
{
    cb_auto(cb_free) char *inside = cb_xasprintf("%s/butler.yaml", root);
    const char *path = seed->outfile != NULL ? seed->outfile : inside;
    cb_auto_bytes struct cb_bytes forced = CB_BYTES(65536), text = CB_BYTES((size_t)16 << 20);
    if (!check_schema_name(schema, err) || !cb_file_make_parents(inside, err))
        return cb_context(err, "cannot create repository \"%s\"", root);
    if (access(path, F_OK) == 0)
        return cb_fail(err, CB_ERR_CONFLICT, "cannot create repository \"%s\": %s exists", root, path);
    if (!put_forced(uri, schema, &forced, err) ||
        !compose_config(seed, root, cb_bytes_text(&forced), &text, err) || !create_tables(db, schema, err) ||
        !cb_file_replace(path, cb_bytes_text(&text), text.size, err))
        return cb_context(err, "cannot create repository \"%s\"", root);
    return true;
}

bool cb_repo_create(struct cb_db *db, const char *uri, const char *root, const char *schema,
                    struct cb_error *err)
{
    static const struct cb_repo_seed none = { .config = NULL };
    return cb_repo_create_seeded(db, uri, root, schema, &none, err);
}
