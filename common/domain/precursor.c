/* Which calibration is built from which. */
#include "domain/precursor.h"

#include <string.h>

#define P(product) CB_PRODUCT(CB_PRODUCT_##product)
#define ALWAYS (P(CAMERA) | P(CROSSTALK)) /* every pipeline but crosstalk's own corrects crosstalk */

/* In an order in which they can be built: each needs earlier ones only. */
static const struct {
    const char *name;
    uint32_t precursors;
} graph[CB_PRODUCT_COUNT] = {
    [CB_PRODUCT_CAMERA] = { "camera", 0 },
    [CB_PRODUCT_CROSSTALK] = { "crosstalk", P(CAMERA) },
    [CB_PRODUCT_MANUAL_DEFECTS] = { "manual_defects", 0 },
    [CB_PRODUCT_BIAS_BOOTSTRAP] = { "biasBootstrap", ALWAYS },
    [CB_PRODUCT_DARK_BOOTSTRAP] = { "darkBootstrap", ALWAYS | P(BIAS_BOOTSTRAP) },
    [CB_PRODUCT_FLAT_BOOTSTRAP] = { "flatBootstrap", ALWAYS | P(BIAS_BOOTSTRAP) | P(DARK_BOOTSTRAP) },
    [CB_PRODUCT_DEFECTS] = { "defects", ALWAYS | P(BIAS_BOOTSTRAP) | P(DARK_BOOTSTRAP) | P(FLAT_BOOTSTRAP) |
                                            P(MANUAL_DEFECTS) },
    [CB_PRODUCT_LINEARIZER] = { "linearizer", ALWAYS | P(DEFECTS) },
    [CB_PRODUCT_CTI] = { "cti", ALWAYS | P(DEFECTS) | P(LINEARIZER) },
    [CB_PRODUCT_PTC] = { "ptc", ALWAYS | P(DEFECTS) | P(LINEARIZER) | P(CTI) },
    [CB_PRODUCT_BFK] = { "bfk", ALWAYS | P(DEFECTS) | P(LINEARIZER) | P(CTI) },
    [CB_PRODUCT_ELECTRO_BF] = { "electroBfDistortionMatrix", ALWAYS | P(PTC) },
    [CB_PRODUCT_BIAS] = { "bias", ALWAYS | P(PTC) | P(LINEARIZER) | P(CTI) },
    [CB_PRODUCT_DARK] = { "dark", ALWAYS | P(BIAS) | P(PTC) | P(LINEARIZER) | P(CTI) | P(DEFECTS) },
    [CB_PRODUCT_FLAT_GRADIENT_REFERENCE] = { "flat_gradient_reference", P(CAMERA) },
    [CB_PRODUCT_FLAT] = { "flat", ALWAYS | P(BIAS) | P(DARK) | P(PTC) | P(LINEARIZER) | P(CTI) | P(DEFECTS) |
                                      P(FLAT_GRADIENT_REFERENCE) },
    [CB_PRODUCT_GAIN_CORRECTION] = { "gain_correction", ALWAYS | P(FLAT) | P(PTC) },
};

const char *cb_product_name(enum cb_product product)
{
    return graph[product].name;
}

bool cb_product_find(const char *dataset_type, enum cb_product *ret_product, struct cb_error *err)
{
    for (size_t i = 0; i < CB_PRODUCT_COUNT; i++)
        if (strcmp(graph[i].name, dataset_type) == 0) {
            *ret_product = (enum cb_product)i;
            return true;
        }
    return cb_fail(err, CB_ERR_NOT_FOUND, "dataset type \"%.80s\" is no calibration product", dataset_type);
}

uint32_t cb_product_precursors(enum cb_product product)
{
    return graph[product].precursors;
}

uint32_t cb_product_downstream(enum cb_product product)
{
    uint32_t changed = CB_PRODUCT(product);
    for (size_t i = 0; i < CB_PRODUCT_COUNT; i++)
        if (graph[i].precursors & changed)
            changed |= CB_PRODUCT(i);
    return changed & ~CB_PRODUCT(product);
}

size_t cb_product_order(uint32_t products, enum cb_product ret_order[CB_PRODUCT_COUNT])
{
    size_t count = 0;
    for (size_t i = 0; i < CB_PRODUCT_COUNT; i++)
        if (products & CB_PRODUCT(i))
            ret_order[count++] = (enum cb_product)i;
    return count;
}
