/* Migrations: which files there are, which were applied, applying the rest. */
#include "service/migrate.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "bus_sql.h"
#include "io/sha256.h"
#include "migration.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 4 << 20 };

struct script {
    char *name, *text;
    char sha256[CB_SHA256_TEXT_SIZE];
};
struct scripts {
    struct script *list;
    size_t count;
};

static void scripts_done(struct scripts *scripts)
{
    for (size_t i = 0; i < scripts->count; i++) {
        free(scripts->list[i].name);
        free(scripts->list[i].text);
    }
    free(scripts->list);
}
static inline void scripts_done_at_exit(struct scripts *scripts)
{
    scripts_done(scripts);
}
#define auto_scripts __attribute__((cleanup(scripts_done_at_exit)))

static void add_script(struct scripts *scripts, const char *name, char *text)
{
    scripts->list = cb_xrealloc_array(scripts->list, scripts->count + 1, sizeof *scripts->list);
    struct script *script = &scripts->list[scripts->count++];
    *script = (struct script){ .name = cb_xstrdup(name), .text = text };
    cb_sha256_text(text, strlen(text), script->sha256);
}

static void read_embedded(struct scripts *scripts)
{
    for (size_t i = 0; migration_files[i][0] != NULL; i++)
        add_script(scripts, migration_files[i][0], cb_xstrdup(migration_files[i][1]));
}

/* "0001_bus.sql" */
static int is_migration(const struct dirent *entry)
{
    const char *name = entry->d_name;
    size_t length = strlen(name);
    for (size_t i = 0; i < 4; i++)
        if (!isdigit((unsigned char)name[i]))
            return 0;
    return name[4] == '_' && length > 9 && strcmp(name + length - 4, ".sql") == 0;
}

static bool read_text(const char *path, char **ret_text, struct cb_error *err)
{
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return cb_fail(err, CB_ERR_INVALID, "cannot read \"%s\": %s", path, strerror(errno));
    cb_auto(cb_free) char *text = cb_xalloc(FILE_MAX + 1);
    size_t size = fread(text, 1, FILE_MAX, in);
    bool whole = ferror(in) == 0 && fgetc(in) == EOF;
    fclose(in);
    if (!whole)
        return cb_fail(err, CB_ERR_INVALID, "cannot read \"%s\": it is longer than 4 MiB or damaged", path);
    *ret_text = cb_xstrndup(text, size);
    return true;
}

static bool read_folder(const char *folder, struct scripts *scripts, struct cb_error *err)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_migration, alphasort);
    if (count < 0)
        return cb_fail(err, CB_ERR_INVALID, "cannot read folder \"%s\": %s", folder, strerror(errno));
    bool ok = true;
    for (int i = 0; i < count; i++) {
        cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", folder, entries[i]->d_name);
        char *text = NULL;
        ok = ok && read_text(path, &text, err);
        if (text != NULL)
            add_script(scripts, entries[i]->d_name, text);
        free(entries[i]);
    }
    free(entries);
    if (ok && scripts->count == 0)
        return cb_fail(err, CB_ERR_INVALID, "folder \"%s\" has no migrations (NNNN_name.sql)", folder);
    return ok;
}

/* ---- what was applied ---- */

static bool list_applied(struct cb_db *db, struct cb_rows **ret_rows, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *has = NULL;
    if (!cb_db_run(db, bus_sql_has_migrations, CB_P0, &has, err))
        return false;
    *ret_rows = NULL;
    return !cb_rows_bool(has, 0, 0) || cb_db_run(db, bus_sql_list_migrations, CB_P0, ret_rows, err);
}

static const char *applied_sha256(const struct cb_rows *applied, const char *name)
{
    for (size_t i = 0; applied != NULL && i < cb_rows_count(applied); i++)
        if (strcmp(cb_rows_text(applied, i, 0), name) == 0)
            return cb_rows_text(applied, i, 1);
    return NULL;
}

static bool check_unchanged(const struct script *script, const char *sha256, struct cb_error *err)
{
    if (strcmp(script->sha256, sha256) == 0)
        return true;
    return cb_fail(
        err, CB_ERR_FATAL,
        "migration \"%s\" was applied to this database in another form (SHA-256 %.12s..., here %.12s...)",
        script->name, sha256, script->sha256);
}

/* ---- applying ---- */

static bool run_script(struct cb_db *db, const struct script *script, struct cb_error *err)
{
    static const char no_transaction[] = "-- no transaction\n";
    struct cb_tx *open = NULL;
    bool alone = strncmp(script->text, no_transaction, sizeof no_transaction - 1) == 0;
    if (!alone && !cb_tx_begin(db, &open, err))
        return false;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = open;
    if (!cb_db_script(db, script->text, err))
        return false;
    if (!cb_db_run(db, bus_sql_record_migration, CB_P(cb_p_text(script->name), cb_p_text(script->sha256)),
                   NULL, err))
        return false;
    return alone || cb_tx_commit(&tx, err);
}

static bool apply_one(struct cb_db *db, const struct script *script, struct cb_error *err)
{
    if (run_script(db, script, err))
        return true;
    if (err != NULL && err->kind != CB_ERR_TRANSIENT)
        err->kind = CB_ERR_FATAL;
    return cb_context(err, "cannot apply migration \"%s\"", script->name);
}

static bool apply_all(struct cb_db *db, const struct scripts *scripts, cb_migration_teller *tell, void *self,
                      struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *applied = NULL;
    if (!list_applied(db, &applied, err))
        return false;
    for (size_t i = 0; i < scripts->count; i++) {
        const char *sha256 = applied_sha256(applied, scripts->list[i].name);
        if (sha256 != NULL) {
            if (!check_unchanged(&scripts->list[i], sha256, err))
                return false;
            continue;
        }
        if (tell != NULL)
            tell(self, scripts->list[i].name);
        if (!apply_one(db, &scripts->list[i], err))
            return false;
    }
    return true;
}

/* Any number that nobody else uses: those who migrate wait for each other on it. */
#define LOCK "7150372198456120331"

static bool apply_locked(struct cb_db *db, const struct scripts *scripts, cb_migration_teller *tell,
                         void *self, struct cb_error *err)
{
    if (!cb_db_script(
            db,
            "SELECT pg_advisory_lock(" LOCK "); CREATE SCHEMA IF NOT EXISTS calbus;"
            "CREATE TABLE IF NOT EXISTS calbus.migration (name text PRIMARY KEY, sha256 text NOT NULL, "
            "applied timestamptz NOT NULL DEFAULT now())",
            err))
        return false;
    bool ok = apply_all(db, scripts, tell, self, err);
    struct cb_error ignored;
    return cb_db_script(db, "SELECT pg_advisory_unlock(" LOCK ")", ok ? err : &ignored) && ok;
}

bool cb_migrate_apply(struct cb_db *db, const char *folder, cb_migration_teller *tell, void *self,
                      struct cb_error *err)
{
    auto_scripts struct scripts scripts = { .list = NULL };
    if (folder == NULL)
        read_embedded(&scripts);
    else if (!read_folder(folder, &scripts, err))
        return false;
    return apply_locked(db, &scripts, tell, self, err);
}

/* ---- checking ---- */

static bool count_missing(struct cb_db *db, size_t *ret_missing, const char **ret_first, struct cb_error *err)
{
    auto_scripts struct scripts scripts = { .list = NULL };
    cb_auto(cb_rows_free) struct cb_rows *applied = NULL;
    read_embedded(&scripts);
    if (!list_applied(db, &applied, err))
        return false;
    size_t missing = 0;
    for (size_t i = 0; i < scripts.count; i++) {
        const char *sha256 = applied_sha256(applied, scripts.list[i].name);
        if (sha256 != NULL && !check_unchanged(&scripts.list[i], sha256, err))
            return false;
        if (sha256 == NULL && missing++ == 0)
            *ret_first = migration_files[i][0];
    }
    *ret_missing = missing;
    return true;
}

bool cb_migrate_missing(struct cb_db *db, size_t *ret_missing, struct cb_error *err)
{
    const char *first = NULL;
    return count_missing(db, ret_missing, &first, err);
}

bool cb_migrate_check(struct cb_db *db, struct cb_error *err)
{
    const char *first = NULL;
    size_t missing = 0;
    if (!count_missing(db, &missing, &first, err))
        return false;
    if (missing > 0)
        return cb_fail(err, CB_ERR_FATAL,
                       "the database lacks %zu migrations, the first is \"%s\"; run `calbus db migrate`",
                       missing, first);
    return true;
}
