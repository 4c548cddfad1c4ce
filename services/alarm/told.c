/* Alarms of something that has happened, and does not last: over when every receiver has been told. */
#include "alarm.h"
#include "sql.h"
#include "state.h"

#include <stdio.h>

bool let_go_of_told(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    (void)ret_again;
    if (!cb_db_run(db, sql_find_told_alarms, CB_P0, &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++) {
        struct finding finding = { .severity = CB_SEVERITY_NONE };
        snprintf(finding.name, sizeof finding.name, "%s", cb_rows_text(rows, i, 0));
        snprintf(finding.labels, sizeof finding.labels, "%s", cb_rows_text(rows, i, 1));
        if (!report_finding(self, db, &finding, NULL, err))
            return false;
    }
    return true;
}
