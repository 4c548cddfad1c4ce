/* Names of collections. Source: DMTN-222 sections 2, 3, 5 and 7, bps.md, instruments.md 3.1 and 5.2.
 *
 *   [u/NAME/]INSTRUMENT/calib/TICKET/TAG/{type}Gen[-filter].RERUN[/STEP]   generation, RUN below or itself
 *   [u/NAME/]INSTRUMENT/calib/TICKET/TAG/verify{Type}[-filter].RERUN[/STEP] verification
 *   [u/NAME/]INSTRUMENT/calib/TICKET/TAG/{type}[-filter].RERUN             certified, CALIBRATION
 *   [u/NAME/]INSTRUMENT/calib/TICKET/TAG/atools{Type}[-filter].RERUN[/STEP] analysis
 *   [u/NAME/]INSTRUMENT/calib/TICKET                                      the ticket's chain
 *   INSTRUMENT/calib/TICKET/curated/STAMP, .../unbounded                  curated RUNs
 *   INSTRUMENT/calib    INSTRUMENT/raw/all    INSTRUMENT/defaults
 *
 * RERUN is YYYYMMDD and a letter a..z. STEP is what bps puts below its output: a STAMP or run1, run2, ...
 * STAMP is YYYYMMDDThhmmssZ. */
#pragma once

#include "base/error.h"
#include "domain/ticket.h"

#define CB_COLLECTION_NAME_SIZE 256
#define CB_COLLECTION_PART_SIZE 64
#define CB_RERUN_SIZE 10 /* 20250207a and the NUL */

enum cb_collection_pattern {
    CB_COLLECTION_OTHER, /* a legal name that follows no pattern */
    CB_COLLECTION_GENERATION,
    CB_COLLECTION_VERIFICATION,
    CB_COLLECTION_CERTIFIED,
    CB_COLLECTION_ANALYSIS,
    CB_COLLECTION_TICKET_CHAIN,
    CB_COLLECTION_CURATED_RUN,
    CB_COLLECTION_DEFAULT_CALIB, /* INSTRUMENT/calib */
    CB_COLLECTION_RAW,           /* INSTRUMENT/raw/all */
    CB_COLLECTION_DEFAULTS       /* INSTRUMENT/defaults */
};

/* A name taken apart; parts that the pattern lacks are "". */
struct cb_collection_name {
    enum cb_collection_pattern pattern;
    char user[CB_COLLECTION_PART_SIZE];       /* "jdoe" of u/jdoe/, "" for official ones */
    char instrument[CB_COLLECTION_PART_SIZE]; /* "LSSTComCam" */
    char ticket[CB_TICKET_SIZE];              /* "DM-48520" */
    char tag[CB_COLLECTION_PART_SIZE];        /* "DP1" */
    char type[CB_COLLECTION_PART_SIZE];       /* "bias", of verifyBias too; "defect" of defectGen */
    char filter[CB_COLLECTION_PART_SIZE];     /* "r" of flatGen-r */
    char rerun[CB_RERUN_SIZE];                /* "20250207a" */
    char step[CB_COLLECTION_PART_SIZE];       /* "run1", "20250207T010203Z"; of curated runs the stamp or
                                                 "unbounded" */
};

/* Characters of any collection: [A-Za-z0-9_./+~-]+, no empty part, not "." or ".." as a part.
 * Errors: INVALID names the place and the character. */
CB_MUST_CHECK bool cb_collection_name_check(const char *name, struct cb_error *err);

/* Take a name apart. A legal name without pattern is OTHER. Errors: INVALID as cb_collection_name_check, too
 * long. */
CB_MUST_CHECK bool cb_collection_name_parse(const char *text, struct cb_collection_name *ret_name,
                                            struct cb_error *err);
/* The same, for a collection that is to become an official calibration: OTHER is refused unless it is a
 * user's. Errors: INVALID says what the name must look like. */
CB_MUST_CHECK bool cb_collection_name_parse_official(const char *text, struct cb_collection_name *ret_name,
                                                     struct cb_error *err);
/* May calibrations be certified into a collection of this name? Under INSTRUMENT/ only into
 * calib/TICKET/TAG/TYPE[-FILTER].RERUN, and for curated ones into calib/TICKET; elsewhere, as in u/NAME/,
 * into any. Errors: INVALID says what the name must look like. */
CB_MUST_CHECK bool cb_collection_name_check_certified(const char *text, struct cb_error *err);
/* The same of what comes from a data package: under INSTRUMENT/ only into calib/TICKET[/LABEL...]. */
CB_MUST_CHECK bool cb_collection_name_check_curated(const char *text, struct cb_error *err);
/* Put a name together again. Errors: INVALID a part that the pattern needs is missing or illegal, OTHER, too
 * long. */
CB_MUST_CHECK bool cb_collection_name_format(const struct cb_collection_name *name,
                                             char ret_text[CB_COLLECTION_NAME_SIZE], struct cb_error *err);

/* YYYYMMDD of a real day and a letter a..z. */
bool cb_rerun_is_valid(const char *rerun);
/* 20250207a -> 20250207b. Errors: CONFLICT after z, INVALID no rerun. */
CB_MUST_CHECK bool cb_rerun_next(const char *rerun, char ret_rerun[CB_RERUN_SIZE], struct cb_error *err);

/* What belongs to a generation, from its collection's name (with or without step).
 *   certified:  .../flat-r.CERT_RERUN, where defectGen gives defects and the other types their own name
 *   verify:     .../verifyFlat-r.VERIFY_RERUN
 *   chain:      [u/NAME/]INSTRUMENT/calib/TICKET
 * rerun NULL keeps that of the generation. Errors: INVALID `generation` is none. */
CB_MUST_CHECK bool cb_collection_name_certified(const char *generation, const char *rerun,
                                                char ret_text[CB_COLLECTION_NAME_SIZE], struct cb_error *err);
CB_MUST_CHECK bool cb_collection_name_verify(const char *generation, const char *rerun,
                                             char ret_text[CB_COLLECTION_NAME_SIZE], struct cb_error *err);
CB_MUST_CHECK bool cb_collection_name_chain(const char *calibration, char ret_text[CB_COLLECTION_NAME_SIZE],
                                            struct cb_error *err);
/* The dataset type that a generation of this type certifies: "defect" -> "defects", "bias" -> "bias",
 * "electroBFDistortionMatrix" -> "electroBfDistortionMatrix", "flatGradientReference" ->
 * "flat_gradient_reference". */
const char *cb_calib_dataset_type(const char *type);
/* Bootstrap products are inputs of others and are never certified (generation.md 1.2). */
bool cb_calib_is_bootstrap(const char *type);
