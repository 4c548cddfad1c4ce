/* Any bytes as a where-expression: they compile or are refused. */
#include "base/cleanup.h"
#include "domain/where.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const struct cb_where_dataset bias = { "bias",       "d.id", "d.ingest_date", "r.name", "c.name",
                                           "t.timespan", false };
    const struct cb_where_value one[] = { { CB_TYPE_INT, "7" } }, nothing[] = { { CB_TYPE_NULL, NULL } };
    const struct cb_where_value id[] = { { CB_TYPE_UUID, "be986e28-b26e-51f3-b816-0d1d7185ee49" } };
    const struct cb_where_value span[] = { { CB_TYPE_TIMESPAN, "(,7)" } },
                                wide[] = { { CB_TYPE_INT, "18446744073709551616" } };
    const struct cb_where_value inf[] = { { CB_TYPE_FLOAT, "inf" } }, hash[] = { { CB_TYPE_HASH, "\\x00" } };
    const struct cb_where_bind binds[] = {
        { "n", false, one, 1 }, { "l", true, one, 1 },   { "e", true, NULL, 0 },  { "z", false, nothing, 1 },
        { "u", false, id, 1 },  { "s", false, span, 1 }, { "w", false, wide, 1 }, { "x", true, wide, 1 },
        { "i", false, inf, 1 }, { "j", true, inf, 1 },   { "h", false, hash, 1 }, { "k", true, nothing, 1 },
    };
    const struct cb_where_context ctx = { .dimensions = CB_DIM(CB_EXPOSURE) | CB_DIM(CB_DETECTOR),
                                          .joined_dimensions = CB_DIM(CB_SKYMAP),
                                          .default_instrument = "LSSTComCam",
                                          .binds = binds,
                                          .n_binds = sizeof binds / sizeof binds[0],
                                          .datasets = &bias,
                                          .n_datasets = 1 };
    cb_auto(cb_free) char *text = malloc(size + 1);
    cb_auto_where_sql sql = { 0 };
    struct cb_error err = { 0 };
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (cb_where_compile(text, &ctx, &sql, &err) == (sql.text == NULL))
        abort();
    return 0;
}
