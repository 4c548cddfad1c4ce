/* Gaps of validity: what the newest night needs has no calibration in force. */
#include "alarm.h"
#include "base/alloc.h"
#include "base/log.h"
#include "butler/dimension_records.h"
#include "butler/gaps.h"
#include "rules.h"
#include "sql.h"
#include "state.h"

#include <stdlib.h>
#include <string.h>

/* Findings of one look at all repositories. */
struct look {
    struct finding *finding;
    size_t count;
};

static struct finding *finding_of(struct look *look, const char *name)
{
    for (size_t i = 0; i < look->count; i++)
        if (strcmp(look->finding[i].name, name) == 0)
            return &look->finding[i];
    return NULL;
}

/* Of two repositories both are told. */
static void add(struct look *look, const char *repository, const char *instrument,
                const struct cb_validity_gaps *gaps, const struct cb_validity_gap *gap)
{
    struct finding finding;
    gap_finding(repository, instrument, gaps, gap, &finding);
    struct finding *known = finding_of(look, finding.name);
    if (known != NULL) {
        join_reasons(known, &finding);
        return;
    }
    look->finding = cb_xrealloc_array(look->finding, look->count + 1, sizeof *look->finding);
    look->finding[look->count++] = finding;
}

static bool look_into(struct cb_repo *repo, const char *label, struct look *look, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *instruments = NULL;
    if (!cb_instrument_names(repo, &instruments, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(instruments); i++) {
        const char *instrument = cb_rows_text(instruments, i, 0);
        cb_auto_validity_gaps struct cb_validity_gaps gaps = { 0 };
        if (!cb_validity_gaps_find(repo, instrument, &gaps, err))
            return false;
        for (size_t k = 0; k < gaps.count; k++)
            add(look, label, instrument, &gaps, &gaps.item[k]);
    }
    return true;
}

/* In a savepoint: a repository that cannot be read leaves the others alone. */
static bool look_at(struct cb_db *db, const struct cb_repo_index *index, const char *label, struct look *look,
                    struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    return cb_tx_begin(db, &tx, err) && cb_repo_open(label, index, db, &repo, err) &&
           look_into(repo, label, look, err) && cb_tx_commit(&tx, err);
}

/* *ret_whole false: some repository could not be looked at, so that what stands may still hold. */
static bool look_at_all(struct alarm_service *me, struct cb_db *db, struct look *look, bool *ret_whole,
                        struct cb_error *err)
{
    struct cb_repo_index index = { 0 };
    *ret_whole = true;
    if (!cb_repo_index_read(me->index_path, &index, err))
        return false;
    for (size_t i = 0; i < index.count && cb_db_is_alive(db); i++) {
        struct cb_error why = { 0 };
        if (look_at(db, &index, index.entry[i].label, look, &why))
            continue;
        cb_log(CB_WARN, "a repository could not be searched for gaps of validity",
               cb_str("repository", index.entry[i].label), cb_str("error", why.text));
        *ret_whole = false;
    }
    cb_repo_index_done(&index);
    return true;
}

static bool clear_others(struct alarm_service *me, struct cb_db *db, struct look *look, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *raised = NULL;
    const struct cb_alarm_command none = { CB_ALARM_SET_SEVERITY, CB_SEVERITY_NONE, "", 0 };
    if (!cb_db_run(db, sql_find_alarms_like, CB_P(cb_p_text("ValidityGap.")), &raised, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(raised); i++) {
        const char *name = cb_rows_text(raised, i, 0);
        if (finding_of(look, name) == NULL &&
            !change_alarm(me, db, name, "{}", &none, "rule", NULL, NULL, err))
            return false;
    }
    return true;
}

static bool report_all(struct alarm_service *me, struct cb_db *db, struct look *look, struct cb_error *err)
{
    for (size_t i = 0; i < look->count; i++)
        if (!report_finding(me, db, &look->finding[i], NULL, err))
            return false;
    return true;
}

bool watch_validity(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    struct alarm_service *me = self;
    struct look look = { 0 };
    bool whole = false;
    (void)ret_again;
    bool ok = look_at_all(me, db, &look, &whole, err) && report_all(me, db, &look, err) &&
              (!whole || clear_others(me, db, &look, err));
    free(look.finding);
    return ok;
}
