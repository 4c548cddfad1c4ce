/* Memory for pixels: sizes that follow the data, so that having none is an error to report and no reason to
 * abort. */
#pragma once

#include <stddef.h>

/* count * size bytes, zeroed, freed by free(); NULL when there is no memory or the product overflows. */
void *cb_room(size_t count, size_t size);
