/* Any bytes as a curated file: byte 0 chooses the type, the rest is ECSV. What is read is prepared for
 * storing or refused. */
#include "butler/curated_tables.h"
#include "io/ecsv.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const char *const types[] = { "defects",    "manual_defects", "crosstalk",          "bfk",
                                         "linearizer", "qe_curve",       "transmission_sensor" };
    if (size == 0)
        return 0;
    const size_t which = data[0] % (sizeof types / sizeof types[0]);
    char *exact = malloc(size); /* so that a byte too far is seen */
    struct cb_table *table = NULL;
    struct cb_error err = { 0 };
    if (exact == NULL)
        return 0;
    memcpy(exact, data + 1, size - 1);
    if (cb_ecsv_parse(exact, size - 1, "fuzz", &table, &err) &&
        !cb_curated_prepare(cb_curated_type_find(types[which]), &table, &err) && err.text[0] == '\0')
        abort();
    cb_table_free(table);
    free(exact);
    return 0;
}
