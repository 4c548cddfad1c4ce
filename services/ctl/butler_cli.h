/* The frame of the drop-in `butler`: options, tables and exit codes of the program it stands in for.
 *
 * Exit codes: 0 done, 1 refused or failed, 2 wrong usage. Tables go to stdout, everything else to stderr. */
#pragma once

#include "butler_say.h"

#include "base/error.h"
#include "butler/repository.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum butler_option_kind {
    BUTLER_FLAG,
    BUTLER_TEXT,
    BUTLER_INT,
    BUTLER_LIST /* repeatable; each value may hold commas */
};

struct butler_option {
    const char *name; /* "collections"; NULL ends the table */
    char letter;      /* 'd'; 0: none */
    enum butler_option_kind kind;
    const char *help;
};

struct butler_args {
    size_t n_words;
    char **words; /* what is no option */
    size_t n_given;
    struct {
        const struct butler_option *option;
        const char *text; /* NULL for flags */
    } * given;
    char **kept; /* texts that come from an options file */
    size_t n_kept;
};

struct butler_command {
    const char *name;
    const char *words; /* "REPO PARENT [CHILDREN]..." */
    const char *summary;
    const struct butler_option *options;
    size_t least;
    size_t most; /* SIZE_MAX: any number */
    bool (*run)(const struct butler_args *args, struct cb_error *err);
};

extern const struct butler_command butler_create, butler_register_instrument, butler_query_collections,
    butler_query_datasets, butler_query_dimension_records, butler_query_dataset_types, butler_query_data_ids,
    butler_certify_calibrations, butler_collection_chain, butler_retrieve_artifacts,
    butler_register_dataset_type, butler_ingest_raws, butler_export_calibs, butler_import,
    butler_remove_dataset_type, butler_associate, butler_prune_datasets, butler_remove_runs,
    butler_remove_collections, butler_write_curated_calibrations;
extern const struct butler_command butler_config_dump, butler_ingest_files, butler_transfer_datasets;

/* Errors: INVALID, in the words of the program it stands in for ("No such option '--x'."). */
CB_MUST_CHECK bool butler_args_parse(const struct butler_option *options, int argc, char **argv,
                                     struct butler_args *ret_args, struct cb_error *err);
void butler_args_done(struct butler_args *args);
/* Are the values of the sort that their options want: whole numbers, one of a choice? Errors: INVALID, as
 * above. */
CB_MUST_CHECK bool butler_args_check(const struct butler_args *args, struct cb_error *err);
/* The choices of an option, NULL-terminated; NULL: any text is one. */
const char *const *butler_choices(const char *option);
const char *butler_text(const struct butler_args *args, const char *name, const char *otherwise);
bool butler_flag(const struct butler_args *args, const char *name); /* the last of --x and --no-x wins */
/* Was --no-x given, and no --x behind it? For options that hold unless denied. */
bool butler_denies(const struct butler_args *args, const char *name);
CB_MUST_CHECK bool butler_int(const struct butler_args *args, const char *name, int64_t otherwise,
                              int64_t *ret_value, struct cb_error *err);

/* Texts split at commas, from the words behind `first` or from a repeatable option. */
struct butler_list {
    size_t count;
    char **item;
};
struct butler_list butler_list_of(const struct butler_args *args, const char *name);
struct butler_list butler_words_from(const struct butler_args *args, size_t first);
void butler_list_add(struct butler_list *list, const char *text); /* its parts */
void butler_list_done(struct butler_list *list);
static inline void butler_list_done_at_exit(struct butler_list *list)
{
    butler_list_done(list);
}
#define auto_list __attribute__((cleanup(butler_list_done_at_exit))) struct butler_list

/* The repository named by a label ($DAF_BUTLER_REPOSITORY_INDEX names the index, $DAF_BUTLER_REPOSITORIES
 * holds it), a folder or a configuration file. */
CB_MUST_CHECK bool butler_open(const char *name, struct cb_repo **ret_repo, struct cb_error *err);
