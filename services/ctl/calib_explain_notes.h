/* What a suite knows of calibrations beside the registry: ranges that were changed, the board's word. */
#pragma once

#include "butler/explain.h"

struct explain_notes {
    struct cb_rows *changes;   /* that ended a validity at the time in question, newest first */
    struct cb_rows *proposals; /* of ticket chains, newest first */
};
void explain_notes_done(struct explain_notes *notes);
#define auto_explain_notes __attribute__((cleanup(explain_notes_done)))

/* Empty where no suite has ever run. when: one moment. */
CB_MUST_CHECK bool explain_notes_load(struct cb_db *db, const char *repository, const char *instrument,
                                      const char *type, int64_t when_tai_ns, struct explain_notes *ret_notes,
                                      struct cb_error *err);

/* "changed on 2025-01-02T03:04:05Z by operator: a new REB (TAXICAB-9)": what ended this dataset's validity in
 * this collection, to be freed; NULL: nothing did. */
char *explain_change_of(const struct explain_notes *notes, const char *dataset_id, const char *collection);
/* "the board has not accepted it: TAXICAB-9 is HAILED", to be freed; NULL: nothing is known. */
char *explain_consent(const struct explain_notes *notes, const char *collection);

/* The changes after which nothing of a dataset remains in a collection. */
struct explain_withdrawal {
    const char *dataset_id, *collection, *detector, *physical_filter, *old_range;
};
size_t explain_withdrawals(const struct explain_notes *notes);
/* false: of another data ID, or something of it is certified there again, or it was told of before. */
bool explain_withdrawal_at(const struct explain_notes *notes, size_t i,
                           const struct cb_explanation *explanation, const struct cb_data_id *asked,
                           struct explain_withdrawal *ret_withdrawal);
