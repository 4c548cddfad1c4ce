/* Data IDs: which dataset or row is meant, as values of dimensions. Source: butler.md 2.2, 2.6. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/uuid.h"
#include "domain/dimensions.h"

#include <stdint.h>

#define CB_DIMENSION_TEXT_SIZE 65 /* the longest string key, 64 characters (group), and the NUL */

/* Plain data; `{ 0 }` is the empty data ID. A dimension has a value when its bit is in `has`. */
struct cb_data_id {
    uint32_t has;
    char instrument[33];
    char physical_filter[33];
    char band[33];
    char group[CB_DIMENSION_TEXT_SIZE];
    char skymap[CB_DIMENSION_TEXT_SIZE];
    char ssp_hypothesis_table[CB_DIMENSION_TEXT_SIZE];
    int64_t number[CB_DIMENSION_COUNT]; /* integer keys, by dimension: number[CB_DETECTOR] */
};

static inline bool cb_data_id_has(const struct cb_data_id *id, enum cb_element_index dimension)
{
    return (id->has & CB_DIM(dimension)) != 0;
}

/* Set from text, checked against the type and the length of the key.
 * Errors: INVALID names the dimension and the value. */
CB_MUST_CHECK bool cb_data_id_set(struct cb_data_id *id, enum cb_element_index dimension, const char *text,
                                  struct cb_error *err);
/* Set an integer key (detector, exposure, visit, day_obs, ...). */
void cb_data_id_set_number(struct cb_data_id *id, enum cb_element_index dimension, int64_t value);
/* A string key's text, NULL when absent or when the key is an integer. Borrowed. */
const char *cb_data_id_text(const struct cb_data_id *id, enum cb_element_index dimension);
/* Any key as text; "" when absent. */
void cb_data_id_value(const struct cb_data_id *id, enum cb_element_index dimension,
                      char ret_text[CB_DIMENSION_TEXT_SIZE]);
/* One assignment "detector=3" of the command line. Errors: INVALID. */
CB_MUST_CHECK bool cb_data_id_assign(struct cb_data_id *id, const char *assignment, struct cb_error *err);
/* The same dimensions with the same values, over `dims`. */
bool cb_data_id_equal(const struct cb_data_id *a, const struct cb_data_id *b, uint32_t dims);
/* An order of all dimensions, for sorting; 0: the same. */
int cb_data_id_compare(const struct cb_data_id *a, const struct cb_data_id *b);

/* "{instrument: 'LSSTComCam', detector: 3}": required dimensions in universe order, then implied ones. */
void cb_data_id_format(const struct cb_data_id *id, struct cb_bytes *text);

/* How the id of a dataset is derived from what it is. */
enum cb_dataset_id_mode { CB_DATASET_ID_TYPE_RUN, CB_DATASET_ID_TYPE };
/* "dataset_type=raw,run=R,detector=3,...": the required dimensions in `dims`, sorted by name (butler.md 2.6).
 */
void cb_data_id_uuid_text(const struct cb_data_id *id, uint32_t dims, const char *dataset_type,
                          const char *run, enum cb_dataset_id_mode mode, struct cb_bytes *text);
/* UUID version 5 of that text in the butler's name space. */
struct cb_uuid cb_data_id_uuid(const struct cb_data_id *id, uint32_t dims, const char *dataset_type,
                               const char *run, enum cb_dataset_id_mode mode);
