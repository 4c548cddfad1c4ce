/* What a repository's configuration means: butler.yaml over the defaults. Source: butler.md 1, 2.7. */
#pragma once

#include "base/bytes.h"
#include "butler/repository.h"

struct cb_config_dump {
    const char *repo;   /* label, folder or file */
    const char *subset; /* a key, or ".datastore.root" with its delimiter before each; NULL: all */
    const char *const
        *search_paths; /* folders whose files go before the defaults, the first before the others */
    size_t n_search_paths;
};

/* YAML of a map, or "SUBSET: value" of one value, as the stock butler prints it. The defaults are those of
 * the stock butler. "!include FILE" stands for what that file holds, a list or map of
 * files for theirs; includeConfigs names files that lie below its own, the last on top. Errors: NOT_FOUND no
 * such repository; no such key, naming those there are; INVALID a file that is no YAML. */
CB_MUST_CHECK bool cb_config_dump(const struct cb_config_dump *dump, const struct cb_repo_index *index,
                                  struct cb_bytes *out, struct cb_error *err);
/* What a new repository's configuration is made of. */
struct cb_config_parts {
    const char *seed;   /* file; NULL: none. Its key "root" is left out */
    const char *forced; /* YAML that lies over the seed */
    bool override;      /* the seed lies over it instead */
    bool standalone;    /* the defaults go in below */
};
/* Errors: NOT_FOUND the seed; INVALID it is no YAML, or its datastore is another than one of files. */
CB_MUST_CHECK bool cb_config_compose(const struct cb_config_parts *parts, struct cb_bytes *out,
                                     struct cb_error *err);
/* The defaults as YAML; of a datastore of files, or of another kind. */
void cb_config_defaults(bool of_files, struct cb_bytes *out);
