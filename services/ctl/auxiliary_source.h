/* Where an auxiliary product's files are, and what each is. */
#pragma once

#include "butler/datasets.h"

/* Files of a product with their data IDs. */
struct auxiliary_source {
    size_t n;
    struct cb_put *puts; /* [n] */
    struct cb_data_id *ids;
    char **paths; /* absolute */
};
void auxiliary_source_done(struct auxiliary_source *source);
static inline void auxiliary_source_done_at_exit(struct auxiliary_source *source)
{
    auxiliary_source_done(source);
}
#define auto_auxiliary_source __attribute__((cleanup(auxiliary_source_done_at_exit)))

/*
 * The files of a reference catalogue: as a table of the converter says ("filename", "htm7"), which is
 * `place` or filename_to_htm.ecsv in it, names being relative to `prefix` (NULL: the table's folder); or, in
 * a folder without table, all that are named <htm7>.fits.
 *
 * Errors    NOT_FOUND  no such place, no file in it
 *           INVALID    a number that is no pixel of HTM level 7, or twice; a file that is no FITS
 */
CB_MUST_CHECK bool auxiliary_source_refcat(const char *place, const char *prefix,
                                           struct auxiliary_source *ret_source, struct cb_error *err);
/* One file, whose data ID the caller fills in. magic: what it begins with, "SIMPLE  =". Errors: NOT_FOUND,
 * INVALID "\"x\" is no WHAT". */
CB_MUST_CHECK bool auxiliary_source_file(const char *place, const char *magic, const char *what,
                                         struct auxiliary_source *ret_source, struct cb_error *err);
/* The folder that all files are in, by its last part: what the converter calls a catalogue. NULL when they
 * are in several, to be freed. */
char *auxiliary_source_folder(const struct auxiliary_source *source);
