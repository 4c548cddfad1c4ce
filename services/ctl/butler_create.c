/* butler create, register-instrument, register-dataset-type, remove-dataset-type. */
#include "butler_cli.h"
#include "ctl.h"

#include "base/alloc.h"
#include "butler/dataset_types.h"
#include "butler/dimension_records.h"
#include "io/db_uri.h"
#include "io/yaml.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* A schema named after the folder: "repo_main" for /repo/main. */
static char *schema_of(const char *root)
{
    cb_auto(cb_free) char *name = cb_xasprintf("repo_%s", root + strspn(root, "/."));
    for (char *c = name; *c != '\0'; c++)
        *c = isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '_';
    size_t length = strlen(name);
    return cb_xstrdup(length > 63 ? name + length - 63 + strspn(name + length - 63, "_0123456789") : name);
}

static bool read_seed(const char *path, char **ret_uri, char **ret_schema, struct cb_error *err)
{
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    if (!cb_yaml_read(path, &yaml, err))
        return false;
    const struct cb_yaml_node *root = cb_yaml_root(yaml);
    const char *url = cb_yaml_text(cb_yaml_path(root, "registry", "db", (char *)NULL));
    const char *schema = cb_yaml_text(cb_yaml_path(root, "registry", "namespace", (char *)NULL));
    if (url != NULL && !cb_db_uri_from_python(url, ret_uri, err))
        return cb_context(err, "cannot use %s", path);
    *ret_schema = cb_xstrdup(schema);
    return true;
}

/* The suite's own database, when no seed names another. */
static bool create_in_suite(const char *root, const char *schema, const struct cb_repo_seed *seed,
                            struct cb_error *err)
{
    struct ctl ctl = {
        .noun = "butler", .verb = "create", .out = stdout, .environment = (const char *const *)environ
    };
    struct cb_db *db = NULL;
    bool ok =
        ctl_layout_find(getenv("CALBUS_HOME"), getenv("HOME"), &ctl.layout, err) && ctl_db_of(&ctl, &db, err);
    cb_auto(cb_free) char *address = ok ? cb_db_address(db) : NULL;
    ok = ok && cb_repo_create_seeded(db, address, root, schema, seed, err);
    cb_db_close(ctl.db);
    ctl_settings_done(&ctl);
    ctl_layout_done(&ctl.layout);
    return ok;
}

static bool create_at(const char *uri, const char *root, const char *schema, const struct cb_repo_seed *seed,
                      struct cb_error *err)
{
    cb_auto(cb_db_close) struct cb_db *db = NULL;
    return cb_db_open(uri, "butler", &db, err) && cb_repo_create_seeded(db, uri, root, schema, seed, err);
}

static bool run_create(const struct butler_args *args, struct cb_error *err)
{
    const char *dimensions = butler_text(args, "dimension-config", NULL);
    if (dimensions != NULL)
        return cb_fail(
            err, CB_ERR_INVALID,
            "--dimension-config is not supported: calbus makes repositories of the dimension universe "
            "daf_butler 8 only");
    cb_auto(cb_free) char *uri = NULL, *schema = NULL, *by_folder = schema_of(args->words[0]);
    const char *seed = butler_text(args, "seed-config", NULL);
    if (seed != NULL && !read_seed(seed, &uri, &schema, err))
        return false;
    const struct cb_repo_seed how = { .config = seed,
                                      .override = butler_flag(args, "override"),
                                      .standalone = butler_flag(args, "standalone"),
                                      .outfile = butler_text(args, "outfile", NULL) };
    if (uri == NULL)
        return create_in_suite(args->words[0], schema != NULL ? schema : by_folder, &how, err);
    return create_at(uri, args->words[0], schema != NULL ? schema : "public", &how, err);
}

static const struct butler_option create_options[] = {
    { "seed-config", 0, BUTLER_TEXT,
      "Path to a YAML configuration with registry.db and registry.namespace; what else it has is kept." },
    { "dimension-config", 0, BUTLER_TEXT, "Not supported: there is one universe." },
    { "standalone", 0, BUTLER_FLAG, "Write the defaults into the configuration too." },
    { "override", 0, BUTLER_FLAG, "What the seed says of the datastore holds." },
    { "outfile", 'f', BUTLER_TEXT, "Write the configuration to this file instead of REPO/butler.yaml." },
    { .name = NULL },
};
const struct butler_command butler_create = {
    "create", "REPO", "Create an empty Gen3 Butler repository.", create_options, 1, 1, run_create
};

static bool run_register_instrument(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    auto_list classes = butler_words_from(args, 1);
    if (!butler_open(args->words[0], &repo, err))
        return false;
    for (size_t i = 0; i < classes.count; i++)
        if (!cb_instrument_register(repo, classes.item[i], butler_flag(args, "update"), err))
            return false;
    return true;
}

static const struct butler_option register_options[] = {
    { "update", 0, BUTLER_FLAG, "If instrument, filter, or detector records already exist, update them." },
    { .name = NULL },
};
const struct butler_command butler_register_instrument = { "register-instrument",
                                                           "REPO INSTRUMENT...",
                                                           "Add an instrument definition to the repository.",
                                                           register_options,
                                                           2,
                                                           SIZE_MAX,
                                                           run_register_instrument };

static bool run_register_type(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    uint32_t dims = 0;
    bool is_new = false;
    if (!cb_dimensions_parse((const char *const *)(args->words + 3), args->n_words - 3, &dims, err) ||
        !butler_open(args->words[0], &repo, err) ||
        !cb_dataset_type_register(repo, args->words[1], dims, args->words[2],
                                  butler_flag(args, "is-calibration"), &is_new, err))
        return false;
    fputs(is_new ? "Dataset type successfully registered.\n"
                 : "Dataset type already existed in identical form.\n",
          stdout);
    return true;
}

static const struct butler_option type_options[] = {
    { "is-calibration", 0, BUTLER_FLAG,
      "Indicate that this dataset type can be part of a calibration collection." },
    { "no-is-calibration", 0, BUTLER_FLAG, "Indicate that it cannot." },
    { .name = NULL },
};
const struct butler_command butler_register_dataset_type = {
    "register-dataset-type",
    "REPO DATASET_TYPE STORAGE_CLASS [DIMENSIONS]...",
    "Register a new dataset type with this butler repository.",
    type_options,
    3,
    SIZE_MAX,
    run_register_type
};

/* All or none. */
static bool remove_types(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct butler_list *names = arg;
    cb_auto_dataset_types struct cb_dataset_type_list found = { 0 };
    if (!cb_dataset_type_query(repo, (const char *const *)names->item, names->count, &found, err))
        return false;
    for (size_t i = 0; i < found.count; i++)
        if (!cb_dataset_type_remove(repo, found.item[i].name, err))
            return false;
    return true;
}

static bool run_remove_type(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    auto_list names = butler_words_from(args, 1);
    return butler_open(args->words[0], &repo, err) &&
           (names.count == 0 || cb_repo_transact(repo, remove_types, &names, err));
}

static const struct butler_option no_options[] = { { .name = NULL } };
const struct butler_command butler_remove_dataset_type = {
    "remove-dataset-type",
    "REPO [DATASET_TYPE_NAME]...",
    "Remove the dataset type definitions from a repository.",
    no_options,
    1,
    SIZE_MAX,
    run_remove_type
};
