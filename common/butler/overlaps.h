/* Rows that say which pixels of the common mesh (HTM, level 7) a dimension record's region touches: the stock
 * butler answers every question of place by them. Source: butler.md 2.2, instruments.md 4.4. */
#pragma once

#include "butler/repository.h"
#include "domain/dimensions.h"

/* Is it an element whose records have such rows? (tract, patch, visit, visit_detector_region) */
bool cb_overlaps_has(const struct cb_element *element);
/* Write the rows of a record that was inserted or changed, in the open transaction; without region there are
 * none. values: as cb_record_sync. Errors: INVALID the region is no encoding of one. */
CB_MUST_CHECK bool cb_overlaps_store(struct cb_repo *repo, const struct cb_element *element,
                                     const char *const *values, struct cb_error *err);
