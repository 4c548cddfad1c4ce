/* Metadata that stand beside raw files, in place of their headers: index files and sidecars, in JSON.
 *
 *   <folder>/_index.json   { "__COMMON__": {KEY: value}, "__CONTENT__": "metadata", "<file>": {KEY: value},
 * ... } <file without extension>.json   { "__CONTENT__": "metadata", KEY: value, ... }
 *
 * Content "metadata" are header cards, "translated" the properties of an observation as
 * astro_metadata_translator writes them. Source: instruments.md 2.5. */
#pragma once

#include "calib/header.h"

#define CB_RAW_INDEX_NAME "_index.json"

/* Of one file. */
struct cb_raw_metadata {
    struct cb_header *cards; /* items of a list have their place behind the key: "datetime_begin 0" */
    bool is_translated;
};
void cb_raw_metadata_done(struct cb_raw_metadata *metadata);

struct cb_raw_index;
/* Errors: NOT_FOUND no such file; INVALID no JSON, no __COMMON__, an entry that is no map. */
CB_MUST_CHECK bool cb_raw_index_read(const char *path, struct cb_raw_index **ret_index, struct cb_error *err);
void cb_raw_index_free(struct cb_raw_index *index);
CB_DEFINE_CLEANUP(struct cb_raw_index *, cb_raw_index_free)
/* File number i of the index, NULL behind the last. Borrowed. */
const char *cb_raw_index_file(const struct cb_raw_index *index, size_t i);
/* The entry of a file, with what is common; false when the index has none. */
bool cb_raw_index_find(const struct cb_raw_index *index, const char *file,
                       struct cb_raw_metadata *ret_metadata);
/* __CONTENT__ was not said, and taken for "metadata". */
bool cb_raw_index_is_guessed(const struct cb_raw_index *index);

/* The sidecar of a raw file; false when there is none that can be used: then the header counts. */
bool cb_raw_sidecar_read(const char *raw_path, struct cb_raw_metadata *ret_metadata);

/* Extension of a FITS file, ".fits.gz" in one; "" when it has none of ours. Borrowed from the path. */
const char *cb_raw_extension(const char *path);
