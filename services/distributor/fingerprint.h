/* Fingerprints: whether two sites have the same calibrations, in the same order, bit for bit. Source:
 * ux.md 8.6. */
#pragma once

#include "butler/datasets.h"
#include "io/sha256.h"

/* One dataset: SHA-256 over type, data ID ("detector=0,instrument=LSSTComCam"), UUID, size and SHA-256 of its
 * file, each followed by a line feed. */
void dataset_fingerprint(const struct cb_dataset *dataset, uint32_t dims, int64_t size_bytes,
                         const char *sha256, char ret_text[CB_SHA256_TEXT_SIZE]);

/* One certification in a collection's list. */
struct fingerprint_line {
    char dataset[CB_SHA256_TEXT_SIZE];
    struct cb_timespan validity;
};
/* One collection: SHA-256 over its lines "<dataset> <begin> <end>", ascending; open ends are empty. lines is
 * sorted. */
void collection_fingerprint(struct fingerprint_line *lines, size_t count, char ret_text[CB_SHA256_TEXT_SIZE]);

/* A chain: SHA-256 over "<name>\n<fingerprint>\n" of each collection in search order, chains taken apart.
 * Every file is read. cancelled may be NULL. Errors: NOT_FOUND a collection or a file; TRANSIENT cancelled.
 */
CB_MUST_CHECK bool chain_fingerprint(struct cb_repo *repo, const char *chain, bool (*cancelled)(void),
                                     char ret_text[CB_SHA256_TEXT_SIZE], struct cb_error *err);
