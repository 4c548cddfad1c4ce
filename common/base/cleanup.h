/* Ownership that ends on every path in one way: cleanup attributes and giving a pointer away. */
#pragma once

#include <stdlib.h>

#define CB_DEFINE_CLEANUP(type, fn)                                                                          \
    static inline void fn##_at_exit(type *slot)                                                              \
    {                                                                                                        \
        fn(*slot);                                                                                           \
    }
#define cb_auto(fn) __attribute__((cleanup(fn##_at_exit)))

/* Give the pointer away: yields its value and leaves NULL, so the cleanup does nothing. */
#define cb_steal(ptr)                                                                                        \
    ({                                                                                                       \
        __typeof__(ptr) *cb_slot_ = &(ptr);                                                                  \
        __typeof__(ptr) cb_val_ = *cb_slot_;                                                                 \
        *cb_slot_ = NULL;                                                                                    \
        cb_val_;                                                                                             \
    })

/* Memory from malloc: cb_auto(cb_free) char *text = NULL; */
static inline void cb_free(void *memory)
{
    free(memory);
}
static inline void cb_free_at_exit(void *slot)
{
    void **pointer = (void **)slot;
    free(*pointer);
}
