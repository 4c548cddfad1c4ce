/* Zeroed arrays that may fail. */
#include "calib/room.h"

#include <stdlib.h>

void *cb_room(size_t count, size_t size)
{
    return calloc(count > 0 ? count : 1, size);
}
