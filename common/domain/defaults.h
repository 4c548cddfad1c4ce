/* What the chain INSTRUMENT/defaults holds: raws, calibrations and auxiliary products, in their search order.
 * Source: DMTN-222 3.6, instruments.md 5.2. */
#pragma once

#include "domain/collection_name.h"

#include <stddef.h>

/* Members that every such chain has where they exist, in order. */
enum cb_defaults_member {
    CB_DEFAULTS_RAW,    /* INSTRUMENT/raw/all */
    CB_DEFAULTS_CALIB,  /* INSTRUMENT/calib */
    CB_DEFAULTS_REFCAT, /* refcats */
    CB_DEFAULTS_SKYMAP, /* skymaps */
    CB_DEFAULTS_MODEL,  /* pretrained_models */
    CB_DEFAULTS_FGCM,   /* INSTRUMENT/calib/fgcmcal */
    CB_DEFAULTS_COUNT
};

/* The name of the chain itself, and of a member. */
void cb_defaults_chain(const char *instrument, char ret_name[CB_COLLECTION_NAME_SIZE]);
void cb_defaults_name(const char *instrument, enum cb_defaults_member member,
                      char ret_name[CB_COLLECTION_NAME_SIZE]);

/*
 * Put what is missing into a chain: before the first standard member that comes later in the order, else
 * behind the last that comes earlier, else at the end. What is there stays where it is, whoever put it.
 *
 * members    [n] the chain as it is, each name once
 * wanted     bit 1 << member: it exists and belongs in
 * ret_names  [n + CB_DEFAULTS_COUNT] the chain as it should be
 * ret_added  bits of what was put in
 * returns    how many names
 */
size_t cb_defaults_merge(const char *instrument, const char *const *members, size_t n, unsigned wanted,
                         char (*ret_names)[CB_COLLECTION_NAME_SIZE], unsigned *ret_added);
