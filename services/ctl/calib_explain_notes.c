/* What a suite knows of calibrations beside the registry. */
#include "calib_explain_notes.h"

#include "base/alloc.h"
#include "domain/approval.h"
#include "domain/collection_name.h"
#include "sql.h"

#include <string.h>

enum { COLLECTION, DATASET, DETECTOR, FILTER, OLD_RANGE, AT, BY, REASON, TICKET }; /* explain_changes.sql */
enum { CHAIN, CHAIN_TICKET, STATE };                                               /* explain_proposals.sql */

void explain_notes_done(struct explain_notes *notes)
{
    cb_rows_free(notes->changes);
    cb_rows_free(notes->proposals);
    *notes = (struct explain_notes){ 0 };
}

bool explain_notes_load(struct cb_db *db, const char *repository, const char *instrument, const char *type,
                        int64_t when_tai_ns, struct explain_notes *ret_notes, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *suite = NULL;
    if (!cb_db_run(db, sql_has_suite, CB_P0, &suite, err))
        return false;
    return !cb_rows_bool(suite, 0, 0) ||
           (cb_db_run(db, sql_explain_changes,
                      CB_P(cb_p_text(repository), cb_p_text(type), cb_p_int(when_tai_ns)),
                      &ret_notes->changes, err) &&
            cb_db_run(db, sql_explain_proposals, CB_P(cb_p_text(instrument)), &ret_notes->proposals, err));
}

size_t explain_withdrawals(const struct explain_notes *notes)
{
    return notes->changes != NULL ? cb_rows_count(notes->changes) : 0;
}

static bool is_of(const struct cb_rows *changes, size_t row, const char *dataset_id, const char *collection)
{
    return strcmp(cb_rows_text(changes, row, DATASET), dataset_id) == 0 &&
           strcmp(cb_rows_text(changes, row, COLLECTION), collection) == 0;
}

char *explain_change_of(const struct explain_notes *notes, const char *dataset_id, const char *collection)
{
    for (size_t i = 0; i < explain_withdrawals(notes); i++) {
        if (!is_of(notes->changes, i, dataset_id, collection))
            continue;
        const char *ticket = cb_rows_text(notes->changes, i, TICKET);
        return cb_xasprintf("changed on %s by %s: %s%s%s%s", cb_rows_text(notes->changes, i, AT),
                            cb_rows_text(notes->changes, i, BY), cb_rows_text(notes->changes, i, REASON),
                            ticket[0] != '\0' ? " (" : "", ticket, ticket[0] != '\0' ? ")" : "");
    }
    return NULL;
}

char *explain_consent(const struct explain_notes *notes, const char *collection)
{
    char chain[CB_COLLECTION_NAME_SIZE];
    enum cb_approval_state state;
    if (notes->proposals == NULL || !cb_collection_name_chain(collection, chain, NULL))
        return NULL;
    for (size_t i = 0; i < cb_rows_count(notes->proposals); i++) {
        const char *ticket = cb_rows_text(notes->proposals, i, CHAIN_TICKET);
        const char *name = cb_rows_text(notes->proposals, i, STATE);
        if (strcmp(cb_rows_text(notes->proposals, i, CHAIN), chain) != 0)
            continue;
        if (!cb_approval_state_parse(name, &state))
            return cb_xstrdup("it has not been put before the board");
        if (state == CB_APPROVAL_ACCEPTED || state == CB_APPROVAL_DEPLOYING || state == CB_APPROVAL_DEPLOYED)
            return cb_xasprintf("the board has accepted it as %s", ticket);
        return cb_xasprintf("the board has not accepted it: %s is %s", ticket, name);
    }
    return NULL;
}

static bool is_certified(const struct cb_explanation *explanation, const char *dataset_id,
                         const char *collection)
{
    for (size_t i = 0; i < explanation->count; i++)
        if (strcmp(explanation->item[i].dataset->id, dataset_id) == 0 &&
            strcmp(explanation->item[i].dataset->collection, collection) == 0)
            return true;
    return false;
}

static bool is_asked_for(const struct cb_rows *changes, size_t row, const struct cb_data_id *asked)
{
    const char *filter = cb_data_id_text(asked, CB_PHYSICAL_FILTER);
    return (cb_rows_is_null(changes, row, DETECTOR) ||
            cb_rows_int(changes, row, DETECTOR) == asked->number[CB_DETECTOR]) &&
           strcmp(cb_rows_text(changes, row, FILTER), filter != NULL ? filter : "") == 0;
}

bool explain_withdrawal_at(const struct explain_notes *notes, size_t i,
                           const struct cb_explanation *explanation, const struct cb_data_id *asked,
                           struct explain_withdrawal *ret_withdrawal)
{
    const struct cb_rows *changes = notes->changes;
    const char *dataset_id = cb_rows_text(changes, i, DATASET);
    const char *collection = cb_rows_text(changes, i, COLLECTION);
    if (!is_asked_for(changes, i, asked) || is_certified(explanation, dataset_id, collection))
        return false;
    for (size_t k = 0; k < i; k++)
        if (is_of(changes, k, dataset_id, collection))
            return false;
    *ret_withdrawal = (struct explain_withdrawal){ .dataset_id = dataset_id,
                                                   .collection = collection,
                                                   .detector = cb_rows_text(changes, i, DETECTOR),
                                                   .physical_filter = cb_rows_text(changes, i, FILTER),
                                                   .old_range = cb_rows_text(changes, i, OLD_RANGE) };
    return true;
}
