/* Reads curated calibrations as YAML or JSON: the dictionary that the classes of ip_isr write as text. */
#pragma once

#include "domain/curated.h"
#include "io/table.h"

/*
 * Read defects, crosstalk or a brighter-fatter kernel as the table that ECSV of the same would give;
 * *ret_second is the second table of the class (crosstalk of other detectors, kernels of whole detectors),
 * NULL without one.
 *
 * Errors    NOT_FOUND  no such file
 *           INVALID    not YAML (JSON is), a type whose text is not read here, a value that is missing or no
 *                      number, with its line
 */
CB_MUST_CHECK bool cb_curated_text_read(const char *path, const struct cb_curated_type *type,
                                        struct cb_table **ret_table, struct cb_table **ret_second,
                                        struct cb_error *err);
