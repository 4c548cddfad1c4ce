/* An observation that somebody translated already, as an exposure record: the properties that
 * astro_metadata_translator writes into index files and sidecars. Source: instruments.md 2.4, 2.5. */
#pragma once

#include "domain/translate.h"

/* info: the properties by name; items of a list by name and place ("tracking_radec 1"). Times are Julian
 * days, TAI, in two parts; times of exposure seconds, angles degrees.
 *
 * Errors    CB_ERR_INVALID  a required property is missing, or a value cannot be used; no such camera, filter
 * or detector */
CB_MUST_CHECK bool cb_translate_info(const struct cb_card_source *info, struct cb_exposure_record *ret_record,
                                     struct cb_error *err);
