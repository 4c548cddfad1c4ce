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
    const struct cb_where_value one[] = { { CB_TYPE_INT, "7" } };
    const struct cb_where_bind binds[] = { { "n", false, one, 1 },
                                           { "l", true, one, 1 },
                                           { "e", true, NULL, 0 } };
    const struct cb_where_context ctx = { .dimensions = CB_DIM(CB_EXPOSURE) | CB_DIM(CB_DETECTOR),
                                          .default_instrument = "LSSTComCam",
                                          .binds = binds,
                                          .n_binds = 3,
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
