/* calbus auxiliary: reference catalogues, look-up tables, pretrained models and skymaps into a repository. */
#include "auxiliary_source.h"
#include "commands.h"

#include "base/alloc.h"
#include "butler/auxiliary.h"
#include "butler/contents.h"
#include "butler/home.h"
#include "butler/import.h"
#include "domain/ticket.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct ctl_flag register_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label; /repo/main unless given." },
    { "name", 0, CTL_FLAG_TEXT, "NAME",
      "Of a refcat: its dataset type, such as the_monster_20250219; of a model: its name. Read from the "
      "files' "
      "names unless given." },
    { "ticket", 't', CTL_FLAG_TEXT, "TICKET", "Ticket that a refcat or a look-up table belongs to." },
    { "run", 0, CTL_FLAG_TEXT, "RUN",
      "Of a refcat: refcats/TICKET/NAME, for instance; refcats/TICKET unless given." },
    { "instrument", 'i', CTL_FLAG_LIST, "INSTRUMENTS",
      "Whose defaults find it; all that are registered unless given. A look-up table is of just one." },
    { "prefix", 0, CTL_FLAG_TEXT, "FOLDER",
      "What names in a refcat's table are relative to; its own folder unless given." },
    { "transfer", 0, CTL_FLAG_TEXT, "MODE",
      "auto, copy, move, link, hardlink, symlink, relsymlink or direct; auto unless given." },
    { .name = NULL },
};

/* What was asked for. */
struct request {
    struct ctl *ctl;
    struct cb_repo *repo;
    const char *place; /* the files */
    enum cb_transfer transfer;
    const char *instruments[64];
    char *instrument_texts[64];
    size_t n_instruments;
};

static void request_done(struct request *it)
{
    for (size_t i = 0; i < it->n_instruments; i++)
        free(it->instrument_texts[i]);
    cb_repo_close(it->repo);
}

static const char *flag(const struct request *it, const char *name)
{
    return ctl_args_text(&it->ctl->args, name, NULL);
}

static const struct ctl_column register_columns[] = {
    { "run", "RUN", CTL_COL_TEXT },
    { "dataset_type", "TYPE", CTL_COL_TEXT },
    { "datasets", "DATASETS", CTL_COL_NUMBER },
    { "new", "NEW", CTL_COL_NUMBER },
    { "chain", "CHAIN", CTL_COL_TEXT },
    { .key = NULL },
};

static bool print_registered(struct request *it, const char *run, const char *type, size_t n, size_t n_new,
                             const char *chain, struct cb_error *err)
{
    char datasets[24], added[24];
    snprintf(datasets, sizeof datasets, "%zu", n);
    snprintf(added, sizeof added, "%zu", n_new);
    const char *const cells[] = { run, type, datasets, added, chain };
    cb_auto(ctl_table_free) struct ctl_table *table =
        ctl_table_new("calbus.auxiliary.register.v1", register_columns);
    ctl_table_add(table, cells);
    if (!ctl_print(it->ctl, table, err))
        return false;
    ctl_say(it->ctl, "next: calbus chain show %s/defaults",
            ctl_args_text(&it->ctl->args, "instrument", "INSTRUMENT"));
    return true;
}

static bool put(struct request *it, const struct cb_auxiliary *product, struct cb_error *err)
{
    struct cb_auxiliary whole = *product;
    size_t n_new = 0;
    whole.transfer = it->transfer;
    whole.instruments = it->instruments;
    whole.n_instruments = it->n_instruments;
    return cb_auxiliary_register(it->repo, &whole, &n_new, err) &&
           print_registered(it, whole.run, whole.type, whole.n, n_new, whole.chain, err);
}

static bool need_ticket(struct request *it, struct cb_error *err)
{
    const char *ticket = flag(it, "ticket");
    if (ticket == NULL)
        return ctl_refuse(it->ctl, CTL_USAGE, err, "--ticket is required");
    if (!cb_ticket_is_valid(ticket))
        return ctl_refuse(it->ctl, CTL_USAGE, err, "\"%s\" is not a ticket's key such as DM-49042", ticket);
    return true;
}

/* ---- reference catalogues ---- */

/* A catalogue's type carries its date: another version is another type. */
static bool check_dated(const char *type, struct cb_error *err)
{
    char rerun[CB_RERUN_SIZE];
    const char *date = strrchr(type, '_');
    snprintf(rerun, sizeof rerun, "%sa", date != NULL && strlen(date) == 9 ? date + 1 : "");
    return cb_rerun_is_valid(rerun) ||
           cb_fail(err, CB_ERR_INVALID,
                   "\"%.80s\" is no name of a reference catalogue with its date, such as "
                   "the_monster_20250219; give --name",
                   type);
}

/* refcats/TICKET, or refcats/TICKET/NAME where that is asked for. */
static bool name_refcat_run(struct request *it, const char *type, char ret_run[CB_COLLECTION_NAME_SIZE],
                            struct cb_error *err)
{
    const char *given = flag(it, "run"), *ticket = flag(it, "ticket");
    char named[CB_COLLECTION_NAME_SIZE];
    if (!need_ticket(it, err))
        return false;
    snprintf(ret_run, CB_COLLECTION_NAME_SIZE, "refcats/%s", ticket);
    snprintf(named, sizeof named, "refcats/%s/%s", ticket, type);
    if (given == NULL || strcmp(given, ret_run) == 0)
        return true;
    if (strcmp(given, named) != 0)
        return ctl_refuse(it->ctl, CTL_USAGE, err, "--run must be %s or %s", ret_run, named);
    snprintf(ret_run, CB_COLLECTION_NAME_SIZE, "%s", named);
    return true;
}

static bool register_refcat(struct request *it, struct cb_error *err)
{
    auto_auxiliary_source struct auxiliary_source source = { 0 };
    char run[CB_COLLECTION_NAME_SIZE];
    if (!need_ticket(it, err) || !auxiliary_source_refcat(it->place, flag(it, "prefix"), &source, err))
        return false;
    cb_auto(cb_free) char *folder = auxiliary_source_folder(&source);
    const char *type = flag(it, "name") != NULL ? flag(it, "name") : folder != NULL ? folder : "";
    const struct cb_auxiliary product = { .type = type,
                                          .dims = CB_DIM(CB_HTM7),
                                          .storage_class = "SimpleCatalog",
                                          .run = run,
                                          .chain = "refcats",
                                          .place = CB_CHAIN_EXTEND,
                                          .puts = source.puts,
                                          .n = source.n };
    return check_dated(type, err) && name_refcat_run(it, type, run, err) && put(it, &product, err);
}

/* ---- look-up tables ---- */

static bool register_fgcm(struct request *it, struct cb_error *err)
{
    auto_auxiliary_source struct auxiliary_source source = { 0 };
    char run[CB_COLLECTION_NAME_SIZE], chain[CB_COLLECTION_NAME_SIZE];
    if (it->n_instruments != 1)
        return ctl_refuse(it->ctl, CTL_USAGE, err, "--instrument must name the one whose table it is");
    if (!need_ticket(it, err) || !auxiliary_source_file(it->place, "SIMPLE  =", "FITS file", &source, err) ||
        !cb_data_id_set(&source.ids[0], CB_INSTRUMENT, it->instruments[0], err))
        return false;
    cb_defaults_name(it->instruments[0], CB_DEFAULTS_FGCM, chain);
    snprintf(run, sizeof run, "%.200s/%s", chain, flag(it, "ticket"));
    const struct cb_auxiliary product = { .type = "fgcmLookUpTable",
                                          .dims = CB_DIM(CB_INSTRUMENT),
                                          .storage_class = "Catalog",
                                          .run = run,
                                          .chain = chain,
                                          .place = CB_CHAIN_PREPEND,
                                          .puts = source.puts,
                                          .n = 1 };
    return put(it, &product, err);
}

/* ---- pretrained models ---- */

/* "tac_cnn_comcam_2025-02-18" of ".../tac_cnn_comcam_2025-02-18.zip"; to be freed. */
static char *model_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t length = strlen(name);
    return cb_xstrndup(name, length > 4 && strcmp(name + length - 4, ".zip") == 0 ? length - 4 : length);
}

static bool register_model(struct request *it, struct cb_error *err)
{
    auto_auxiliary_source struct auxiliary_source source = { 0 };
    if (!auxiliary_source_file(it->place, "PK\x03\x04", "zip file", &source, err))
        return false;
    cb_auto(cb_free) char *model =
        flag(it, "name") != NULL ? cb_xstrdup(flag(it, "name")) : model_of(source.paths[0]);
    cb_auto(cb_free) char *run = cb_xasprintf("pretrained_models/%s", model);
    /* the formatter as the observatory records it: daf_butler's default lacks a part of the module's name */
    source.puts[0].formatter = "lsst.meas.transiNet.modelPackages.formatters.NNModelPackageFormatter";
    const struct cb_auxiliary product = { .type = "pretrainedModelPackage",
                                          .dims = 0,
                                          .storage_class = "NNModelPackagePayload",
                                          .run = run,
                                          .chain = "pretrained_models",
                                          .place = CB_CHAIN_PREPEND,
                                          .puts = source.puts,
                                          .n = 1 };
    if (strchr(model, '/') != NULL)
        return ctl_refuse(it->ctl, CTL_USAGE, err, "\"%s\" is no name of a model", model);
    return cb_collection_check_name(run, err) && put(it, &product, err);
}

/* ---- skymaps ---- */

/* Is there a skymap's dataset in the RUN that defaults find? */
static bool check_skymap(struct request *it, size_t *ret_n, struct cb_error *err)
{
    char name[CB_COLLECTION_NAME_SIZE];
    cb_auto_collection struct cb_collection run = { 0 };
    cb_auto_contents struct cb_content_list contents = { 0 };
    struct cb_error why = { 0 };
    cb_defaults_name("", CB_DEFAULTS_SKYMAP, name);
    if (!cb_collection_find(it->repo, name, &run, &why) && why.kind != CB_ERR_NOT_FOUND) {
        *err = why;
        return false;
    }
    *ret_n = 0;
    if (run.name == NULL)
        return true;
    if (!cb_contents_count(it->repo, &run.id, 1, &contents, err))
        return false;
    for (size_t i = 0; i < contents.count; i++)
        if (strcmp(contents.item[i].type, "skyMap") == 0)
            *ret_n = (size_t)contents.item[i].datasets;
    return true;
}

static bool import_skymap(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    struct request *it = arg;
    char folder[PATH_MAX];
    size_t n = 0;
    if (realpath(it->place, folder) == NULL)
        return cb_fail(err, CB_ERR_NOT_FOUND, "no folder \"%s\"", it->place);
    const struct cb_import import = { .folder = folder, .transfer = it->transfer };
    if (!cb_import(repo, &import, NULL, err) || !check_skymap(it, &n, err))
        return false;
    if (n == 0)
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" holds no skyMap in a RUN named skymaps", folder);
    return cb_defaults_update_all(repo, it->instruments, it->n_instruments, err);
}

/* Its content is the pipelines' (a pickle of their classes, and the regions that go with it): it comes by
 * export and import, and is never made here. */
static bool register_skymap(struct request *it, struct cb_error *err)
{
    cb_auto(cb_free) char *yaml = cb_xasprintf("%s/export.yaml", it->place);
    struct stat status;
    size_t before = 0, after = 0;
    if (stat(yaml, &status) != 0) {
        ctl_hint(
            it->ctl,
            "Make it with the stock command, butler register-skymap REPO -C FILE, in this repository; or "
            "bring it from another by export and import.");
        return ctl_refuse(it->ctl, CTL_REFUSED, err,
                          "a skymap is made by the pipelines' own tool; \"%s\" is no folder with an "
                          "export.yaml",
                          it->place);
    }
    return check_skymap(it, &before, err) && cb_repo_transact(it->repo, import_skymap, it, err) &&
           check_skymap(it, &after, err) &&
           print_registered(it, "skymaps", "skyMap", after, after - before, NULL, err);
}

/* ---- register ---- */

static const struct kind {
    const char *name;
    const char *flags; /* of its own, each between blanks */
    bool (*run)(struct request *it, struct cb_error *err);
} kinds[] = {
    { "refcat", " name ticket run prefix ", register_refcat },
    { "fgcm", " ticket ", register_fgcm },
    { "model", " name ", register_model },
    { "skymap", " ", register_skymap },
};

static bool find_kind(struct ctl *ctl, const struct kind **ret_kind, struct cb_error *err)
{
    static const char *const names[] = { "refcat", "fgcm", "model", "skymap", NULL };
    const char *word = ctl_word(ctl, 0), *near = ctl_nearest(word, names);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, word) == 0) {
            *ret_kind = &kinds[i];
            return true;
        }
    if (near != NULL)
        ctl_hint(ctl, "Did you mean %s?", near);
    return ctl_refuse(ctl, CTL_USAGE, err, "unrecognized product \"%s\": refcat, fgcm, model or skymap",
                      word);
}

static bool check_flags(struct ctl *ctl, const struct kind *kind, struct cb_error *err)
{
    static const char *const own[] = { "name", "ticket", "run", "prefix" };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        char word[16];
        snprintf(word, sizeof word, " %s ", own[i]);
        if (ctl_args_has(&ctl->args, own[i]) && strstr(kind->flags, word) == NULL)
            return ctl_refuse(ctl, CTL_USAGE, err, "--%s does not go with a %s", own[i], kind->name);
    }
    return true;
}

static bool open_repository(struct ctl *ctl, struct cb_repo **ret_repo, struct cb_error *err)
{
    struct cb_db *db;
    cb_auto(cb_free) char *index = ctl_home_path(&ctl->layout, "repositories.yaml");
    return ctl_db_of(ctl, &db, err) && cb_repo_open_home(index, ctl_repository(ctl), db, ret_repo, err);
}

static bool read_request(struct ctl *ctl, struct request *it, struct cb_error *err)
{
    const char *transfer = ctl_args_text(&ctl->args, "transfer", "auto");
    if (!cb_transfer_parse(transfer, &it->transfer))
        return ctl_refuse(ctl, CTL_USAGE, err, "unrecognized transfer mode \"%s\"", transfer);
    for (char *one; it->n_instruments < sizeof it->instruments / sizeof it->instruments[0] &&
                    (one = ctl_args_item(&ctl->args, "instrument", it->n_instruments)) != NULL;) {
        it->instrument_texts[it->n_instruments] = one;
        it->instruments[it->n_instruments++] = one;
    }
    return open_repository(ctl, &it->repo, err);
}

static bool register_product(struct ctl *ctl, struct cb_error *err)
{
    struct request it = { .ctl = ctl, .place = ctl_word(ctl, 1) };
    const struct kind *kind = NULL;
    bool ok = find_kind(ctl, &kind, err) && check_flags(ctl, kind, err) && read_request(ctl, &it, err) &&
              kind->run(&it, err);
    request_done(&it);
    return ok;
}

/* ---- list ---- */

static const struct ctl_flag list_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label; /repo/main unless given." },
    { .name = NULL },
};

static const struct ctl_column list_columns[] = {
    { "chain", "CHAIN", CTL_COL_TEXT },
    { "run", "RUN", CTL_COL_TEXT },
    { "dataset_type", "TYPE", CTL_COL_TEXT },
    { "datasets", "DATASETS", CTL_COL_NUMBER },
    { .key = NULL },
};

/* What is found by one chain (or RUN); nothing when there is none of that name. */
static bool list_chain(struct cb_repo *repo, const char *chain, struct ctl_table *table, struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list runs = { 0 };
    cb_auto_contents struct cb_content_list contents = { 0 };
    struct cb_error why = { 0 };
    if (!cb_collection_flatten(repo, &chain, 1, false, &runs, &why)) {
        if (why.kind == CB_ERR_NOT_FOUND)
            return true;
        *err = why;
        return false;
    }
    for (size_t i = 0; i < runs.count; i++) {
        if (!cb_contents_count(repo, &runs.item[i].id, 1, &contents, err))
            return false;
        for (size_t k = 0; k < contents.count; k++) {
            char number[24];
            snprintf(number, sizeof number, "%lld", (long long)contents.item[k].datasets);
            const char *const cells[] = { chain, runs.item[i].name, contents.item[k].type, number };
            ctl_table_add(table, cells);
        }
        cb_content_list_done(&contents);
    }
    return true;
}

static bool list(struct ctl *ctl, struct cb_error *err)
{
    static const enum cb_defaults_member of_all[] = { CB_DEFAULTS_REFCAT, CB_DEFAULTS_SKYMAP,
                                                      CB_DEFAULTS_MODEL };
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new("calbus.auxiliary.list.v1", list_columns);
    cb_auto_collections struct cb_collection_list fgcm = { 0 };
    const char *const glob = "*/calib/fgcmcal";
    if (!open_repository(ctl, &repo, err))
        return false;
    for (size_t i = 0; i < sizeof of_all / sizeof of_all[0]; i++) {
        char name[CB_COLLECTION_NAME_SIZE];
        cb_defaults_name("", of_all[i], name);
        if (!list_chain(repo, name, table, err))
            return false;
    }
    if (!cb_collection_query(repo, &glob, 1, 0, &fgcm, err))
        return false;
    for (size_t i = 0; i < fgcm.count; i++)
        if (!list_chain(repo, fgcm.item[i].name, table, err))
            return false;
    return ctl_print(ctl, table, err);
}

static const struct ctl_verb verbs[] = {
    { .name = "register",
      .words = "refcat|fgcm|model|skymap PLACE",
      .summary = "Register a product's files, and let INSTRUMENT/defaults find it.",
      .examples = "calbus auxiliary register refcat converted/ --name the_monster_20250219 --ticket DM-49042 "
                  "--transfer direct\n"
                  "calbus auxiliary register fgcm fgcmLookUpTable.fits -i LSSTComCam --ticket DM-46000\n"
                  "calbus auxiliary register model tac_cnn_comcam_2025-02-18.zip\n"
                  "calbus auxiliary register skymap exported/",
      .flags = register_flags,
      .least = 2,
      .most = 2,
      .run = register_product },
    { .name = "list",
      .words = "",
      .summary = "List what there is of reference catalogues, skymaps, models and look-up tables.",
      .examples = "calbus auxiliary list --repo summit:/repo/LSSTComCam",
      .flags = list_flags,
      .least = 0,
      .most = 0,
      .run = list },
    { .run = NULL },
};
const struct ctl_noun noun_auxiliary = { "auxiliary",
                                         "Reference catalogues, skymaps, models, look-up tables.", verbs,
                                         false };
