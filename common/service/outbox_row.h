/* A row of the outbox as it is, for the skeleton: outbox.h is what services use. */
#pragma once

#include "io/db.h"

#include <stdint.h>

struct cb_outbox_row {
    const char *ce_id, *type, *topic, *key, *source, *subject, *traceparent;
    int64_t time_unix_ms;
    const char *headers; /* JSON object of further headers; NULL: none */
    const void *value;
    size_t size;
};
/* *ret_new is false (nothing written) when an event of this id is there. */
CB_MUST_CHECK bool cb_outbox_insert(struct cb_db *db, const struct cb_outbox_row *row, bool *ret_new,
                                    struct cb_error *err);
/* Wake the relay when the open transaction is kept. */
void cb_outbox_wake(struct cb_db *db);
/* Who speaks, as set by cb_outbox_set_source. */
const char *cb_outbox_source(void);
enum { CB_OUTBOX_SLOTS = 16 };
