/* The slots this process publishes, held by advisory locks of its session. */
#include "relay.h"

#include "sql.h"

#include <stdio.h>
#include <string.h>

/* This relay's fair share: all of them when it is alone. */
static bool count_share(struct cb_db *db, int *ret_share, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_count_relays, CB_P0, &rows, err))
        return false;
    int64_t live = cb_rows_int(rows, 0, 0);
    *ret_share = live <= 1 ? CB_OUTBOX_SLOTS : (int)((CB_OUTBOX_SLOTS + live - 1) / live);
    return true;
}

static bool release(struct slots *slots, struct cb_db *db, int slot, struct cb_error *err)
{
    if (!cb_db_run(db, sql_release_slot, CB_P(cb_p_int(slot)), NULL, err))
        return false;
    slots->held[slot] = false;
    slots->count--;
    return true;
}

static bool try_take(struct slots *slots, struct cb_db *db, int slot, bool *ret_gained, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_try_slot, CB_P(cb_p_int(slot)), &rows, err))
        return false;
    if (cb_rows_bool(rows, 0, 0)) {
        slots->held[slot] = true;
        slots->count++;
        *ret_gained = true;
    }
    return true;
}

bool slots_share(struct slots *slots, struct cb_db *db, bool *ret_gained, struct cb_error *err)
{
    int share = 0;
    *ret_gained = false;
    if (!count_share(db, &share, err))
        return false;
    for (int slot = 0; slot < CB_OUTBOX_SLOTS; slot++) {
        bool ok = true;
        if (slots->held[slot] && slots->count > share)
            ok = release(slots, db, slot, err);
        else if (!slots->held[slot] && slots->count < share)
            ok = try_take(slots, db, slot, ret_gained, err);
        if (!ok)
            return false;
    }
    return true;
}

void slots_format(const struct slots *slots, char *ret_text, size_t size)
{
    size_t length = (size_t)snprintf(ret_text, size, "{");
    for (int slot = 0; slot < CB_OUTBOX_SLOTS; slot++)
        if (slots->held[slot])
            length += (size_t)snprintf(ret_text + length, size - length, length > 1 ? ",%d" : "%d", slot);
    snprintf(ret_text + length, size - length, "}");
}
