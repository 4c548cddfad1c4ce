/* butler certify-calibrations and collection-chain. */
#include "butler_cli.h"
#include "butler_say.h"
#include "butler_table.h"

#include "base/alloc.h"
#include "butler/query.h"
#include "domain/collection_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Dates of the command line are TAI. Absent ones are open. */
static bool read_validity(const struct butler_args *args, struct cb_timespan *ret_validity,
                          struct cb_error *err)
{
    int64_t begin = CB_TIMESPAN_MIN_NS, end = CB_TIMESPAN_MAX_NS;
    const char *begin_text = butler_text(args, "begin-date", NULL),
               *end_text = butler_text(args, "end-date", NULL);
    if ((begin_text != NULL && !cb_timespan_parse_date(begin_text, &begin, err)) ||
        (end_text != NULL && !cb_timespan_parse_date(end_text, &end, err)))
        return false;
    return cb_timespan_validity(begin, end, ret_validity, err);
}

/* Of a chain only its first child is searched, unless all are wanted. */
static bool choose_inputs(struct cb_repo *repo, const char *name, bool all,
                          struct cb_collection_list *ret_inputs, struct cb_error *err)
{
    cb_auto_collection struct cb_collection input = { 0 };
    if (!cb_collection_find(repo, name, &input, err))
        return false;
    if (input.type != CB_COLLECTION_CHAINED || all)
        return cb_collection_flatten(repo, &name, 1, false, ret_inputs, err);
    cb_auto_collections struct cb_collection_list children = { 0 };
    if (!cb_chain_children(repo, name, &children, err))
        return false;
    if (children.count == 0)
        return cb_fail(err, CB_ERR_INVALID, "chain \"%s\" has no members", name);
    const char *first = children.item[0].name;
    return cb_collection_flatten(repo, &first, 1, false, ret_inputs, err);
}

static bool find_inputs(struct cb_repo *repo, const struct butler_args *args,
                        struct cb_dataset_list *ret_list, struct cb_error *err)
{
    const char *type = args->words[3];
    cb_auto_collections struct cb_collection_list inputs = { 0 };
    if (!choose_inputs(repo, args->words[1], butler_flag(args, "search-all-inputs"), &inputs, err))
        return false;
    const char **names = cb_xalloc_array(inputs.count + 1, sizeof *names);
    for (size_t i = 0; i < inputs.count; i++)
        names[i] = inputs.item[i].name;
    const struct cb_query query = { .collections = names, .n_collections = inputs.count };
    bool ok = cb_query_datasets(repo, type, CB_SEARCH_ONLY, &query, ret_list, err);
    free(names);
    if (ok && ret_list->count == 0)
        return cb_fail(
            err, CB_ERR_NOT_FOUND, "No inputs found for dataset %s in %s. %s", type, args->words[1],
            butler_flag(args, "search-all-inputs")
                ? ""
                : "If you are sure you want to search all chained inputs, use --search-all-inputs.");
    return ok;
}

/* What a certification was asked for. */
struct certification {
    const struct butler_args *args;
    struct cb_timespan validity;
};

/* An official collection is of one camera: its name says which. */
static bool check_instrument(const char *collection, const struct cb_dataset_list *list, struct cb_error *err)
{
    struct cb_collection_name name = { 0 };
    if (!cb_collection_name_parse(collection, &name, err))
        return false;
    if (name.instrument[0] == '\0' || name.user[0] != '\0')
        return true;
    for (size_t i = 0; i < list->count; i++) {
        const char *instrument = list->item[i].data_id.instrument;
        if (strcmp(instrument, name.instrument) != 0)
            return cb_fail(err, CB_ERR_INVALID, "\"%.150s\" is for calibrations of %s, not of %s", collection,
                           name.instrument, instrument);
    }
    return true;
}

/* DMTN-222 section 2: "should just contain the calibration type". */
static void warn_of_type(const char *collection, const char *dataset_type)
{
    struct cb_collection_name name = { 0 };
    if (cb_collection_name_parse(collection, &name, NULL) && name.pattern == CB_COLLECTION_CERTIFIED &&
        strcmp(cb_calib_dataset_type(name.type), dataset_type) != 0)
        butler_say(BUTLER_WARNING, "%s is certified into %s, a name for %s", dataset_type, collection,
                   cb_calib_dataset_type(name.type));
}

/* Collection and certification are one transaction: a refusal leaves no empty collection. */
static bool certify(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct certification *it = arg;
    const char *collection = it->args->words[2];
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    if (!cb_collection_register(repo, collection, CB_COLLECTION_CALIBRATION, NULL, NULL, err) ||
        !find_inputs(repo, it->args, &list, err) || !check_instrument(collection, &list, err))
        return false;
    const char **ids = cb_xalloc_array(list.count + 1, sizeof *ids);
    for (size_t i = 0; i < list.count; i++)
        ids[i] = list.item[i].id;
    bool ok = cb_certify(repo, collection, ids, list.count, it->validity, err);
    free(ids);
    return ok;
}

static bool run_certify(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    struct certification it = { .args = args };
    if (!read_validity(args, &it.validity, err) || !cb_collection_name_check_certified(args->words[2], err) ||
        !butler_open(args->words[0], &repo, err) || !cb_repo_transact(repo, certify, &it, err))
        return false;
    warn_of_type(args->words[2], args->words[3]);
    return true;
}

static const struct butler_option certify_options[] = {
    { "begin-date", 0, BUTLER_TEXT, "ISO-8601 datetime (TAI) of the beginning of the validity range." },
    { "end-date", 0, BUTLER_TEXT, "ISO-8601 datetime (TAI) of the end of the validity range." },
    { "search-all-inputs", 0, BUTLER_FLAG,
      "Search all children of the inputCollection if it is a CHAINED collection." },
    { .name = NULL },
};
const struct butler_command butler_certify_calibrations = {
    "certify-calibrations",
    "REPO INPUT_COLLECTION OUTPUT_COLLECTION DATASET_TYPE_NAME",
    "Certify calibrations in a repository.",
    certify_options,
    4,
    4,
    run_certify
};

/* ---- collection-chain ---- */

static bool print_chain(struct cb_repo *repo, const char *parent, struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list list = { 0 };
    if (!cb_chain_children(repo, parent, &list, err))
        return false;
    if (butler_table_is_diverted()) {
        cb_auto(butler_table_free) struct butler_table *table =
            butler_table_new(1, (const char *[]){ "Name" });
        for (size_t i = 0; i < list.count; i++)
            butler_table_add(table, (const char *[]){ list.item[i].name });
        butler_table_print(table, stdout);
        return true;
    }
    fputs("[", stdout);
    for (size_t i = 0; i < list.count; i++)
        printf("%s%s", i > 0 ? ", " : "", list.item[i].name);
    fputs("]\n", stdout);
    return true;
}

static bool pop(struct cb_repo *repo, const char *parent, const struct butler_list *indexes,
                struct cb_error *err)
{
    int64_t *numbers = cb_xalloc_array(indexes->count + 1, sizeof *numbers);
    bool ok = true;
    for (size_t i = 0; i < indexes->count && ok; i++) {
        char *end;
        numbers[i] = strtoll(indexes->item[i], &end, 10);
        ok = *end == '\0' || cb_fail(err, CB_ERR_INVALID, "\"%s\" is no index", indexes->item[i]);
    }
    ok = ok && cb_chain_pop(repo, parent, numbers, indexes->count > 0 ? indexes->count : 1, err);
    free(numbers);
    return ok;
}

static bool change(struct cb_repo *repo, const char *parent, enum cb_chain_edit edit, bool flatten,
                   const struct butler_list *children, struct cb_error *err)
{
    if (!flatten)
        return cb_chain_change(repo, parent, edit, (const char *const *)children->item, children->count, err);
    cb_auto_collections struct cb_collection_list flat = { 0 };
    if (!cb_collection_flatten(repo, (const char *const *)children->item, children->count, false, &flat, err))
        return false;
    const char **names = cb_xalloc_array(flat.count + 1, sizeof *names);
    for (size_t i = 0; i < flat.count; i++)
        names[i] = flat.item[i].name;
    bool ok = cb_chain_change(repo, parent, edit, names, flat.count, err);
    free(names);
    return ok;
}

static const struct {
    const char *name;
    enum cb_chain_edit edit;
    bool creates, takes_flatten;
} modes[] = {
    { "redefine", CB_CHAIN_REDEFINE, true, true }, { "prepend", CB_CHAIN_PREPEND, true, true },
    { "extend", CB_CHAIN_EXTEND, true, true },     { "remove", CB_CHAIN_REMOVE, false, false },
    { "pop", CB_CHAIN_REMOVE, false, false },
};

static bool find_mode(const char *name, size_t *ret_mode, struct cb_error *err)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strcasecmp(modes[i].name, name) == 0) {
            *ret_mode = i;
            return true;
        }
    return cb_fail(err, CB_ERR_INVALID,
                   "Invalid value for '--mode': '%s' is not one of 'redefine', 'extend', "
                   "'remove', 'prepend', 'pop'.",
                   name);
}

/* What a change of a chain was asked for. */
struct chain_edit {
    const struct butler_args *args;
    size_t mode; /* of modes */
    const struct butler_list *children;
};

static bool edit_chain(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct chain_edit *it = arg;
    const char *parent = it->args->words[1];
    if (modes[it->mode].creates) {
        cb_auto_collections struct cb_collection_list there = { 0 };
        struct cb_error why = { 0 };
        if (!cb_chain_children(repo, parent, &there, &why) && why.kind != CB_ERR_NOT_FOUND)
            return cb_fail(err, why.kind, "%s", why.text);
        if (why.kind == CB_ERR_NOT_FOUND &&
            !cb_collection_register(repo, parent, CB_COLLECTION_CHAINED, butler_text(it->args, "doc", NULL),
                                    NULL, err))
            return false;
    }
    return strcmp(modes[it->mode].name, "pop") == 0
               ? pop(repo, parent, it->children, err)
               : change(repo, parent, modes[it->mode].edit, butler_flag(it->args, "flatten"), it->children,
                        err);
}

static bool run_chain(const struct butler_args *args, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    auto_list children = butler_words_from(args, 2);
    size_t mode = 0;
    if (!find_mode(butler_text(args, "mode", "redefine"), &mode, err))
        return false;
    if (children.count == 0 && strcmp(modes[mode].name, "pop") != 0)
        return cb_fail(err, CB_ERR_INVALID,
                       "Must provide children when defining a collection chain in mode %s.",
                       modes[mode].name);
    if (butler_flag(args, "flatten") && !modes[mode].takes_flatten)
        return cb_fail(err, CB_ERR_INVALID, "'flatten' flag is not valid for %s mode", modes[mode].name);
    struct chain_edit it = { args, mode, &children };
    return butler_open(args->words[0], &repo, err) && cb_repo_transact(repo, edit_chain, &it, err) &&
           print_chain(repo, args->words[1], err);
}

static const struct butler_option chain_options[] = {
    { "doc", 0, BUTLER_TEXT, "Documentation string associated with this collection." },
    { "flatten", 0, BUTLER_FLAG,
      "If used, recursively flatten out any nested CHAINED collections in CHILDREN first." },
    { "no-flatten", 0, BUTLER_FLAG, "Do not." },
    { "mode", 0, BUTLER_TEXT, "redefine, extend, remove, prepend or pop." },
    { .name = NULL },
};
const struct butler_command butler_collection_chain = {
    "collection-chain", "REPO PARENT [CHILDREN]...", "Define a collection chain.", chain_options, 2, SIZE_MAX,
    run_chain
};
