/* Which calibration is built from which, and what a change makes stale. Source: generation.md 1.2. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cb_product {
    CB_PRODUCT_CAMERA,
    CB_PRODUCT_CROSSTALK,
    CB_PRODUCT_MANUAL_DEFECTS,
    CB_PRODUCT_BIAS_BOOTSTRAP,
    CB_PRODUCT_DARK_BOOTSTRAP,
    CB_PRODUCT_FLAT_BOOTSTRAP,
    CB_PRODUCT_DEFECTS,
    CB_PRODUCT_LINEARIZER,
    CB_PRODUCT_CTI,
    CB_PRODUCT_PTC,
    CB_PRODUCT_BFK,
    CB_PRODUCT_ELECTRO_BF,
    CB_PRODUCT_BIAS,
    CB_PRODUCT_DARK,
    CB_PRODUCT_FLAT_GRADIENT_REFERENCE,
    CB_PRODUCT_FLAT,
    CB_PRODUCT_GAIN_CORRECTION,
    CB_PRODUCT_COUNT
};

#define CB_PRODUCT(product) (1U << (product))

/* Dataset type: "bias", "electroBfDistortionMatrix", ... */
const char *cb_product_name(enum cb_product product);
/* By dataset type. Errors: NOT_FOUND the type is no calibration of the graph. */
CB_MUST_CHECK bool cb_product_find(const char *dataset_type, enum cb_product *ret_product,
                                   struct cb_error *err);

/* Products that go directly into one, as a set. Curated inputs and those that only some cameras use (flat
 * gradients, defects of a flat) included. */
uint32_t cb_product_precursors(enum cb_product product);
/* Everything that must be rebuilt when `product` changes, itself left out; over any number of steps. */
uint32_t cb_product_downstream(enum cb_product product);
/* An order in which all of `products` can be built; precursors first. Returns how many. */
size_t cb_product_order(uint32_t products, enum cb_product ret_order[CB_PRODUCT_COUNT]);
