/* Ranges of what was distributed have changed: the sites that have it are to follow. */
#include "calbus/v1/certification.pb-c.h"
#include "rules.h"
#include "service/decode.h"
#include "sql.h"

/* In the order of their ids. */
static bool find_rules(struct cb_db *db, const Calbus__V1__CalibrationRecertified *what,
                       struct cb_rows **ret_rows, struct cb_error *err)
{
    return cb_db_run(
        db, sql_find_rules_of_collection,
        CB_P(cb_p_text(what->repository), cb_p_text(what->ticket_chain), cb_p_text(what->collection)),
        ret_rows, err);
}

/* An import that is still to be done reads ranges of before: import_done looks at what is noted here. The
 * rule's lock keeps the two apart. */
static bool follow_rule(struct cb_db *db, const char *rule_id, const Calbus__V1__CalibrationRecertified *what,
                        struct cb_error *err)
{
    return cb_db_run(db, sql_lock_range_jobs, CB_P(cb_p_text(rule_id)), NULL, err) &&
           lock_rule(db, rule_id, err) &&
           cb_db_run(db, sql_note_range_change,
                     CB_P(cb_p_text(rule_id), cb_p_text(what->collection), cb_p_text(what->dataset_type),
                          cb_p_text(what->proposal_id)),
                     NULL, err) &&
           cb_db_run(db, sql_put_site_ranges,
                     CB_P(cb_p_text(rule_id), cb_p_text(""), cb_p_text(what->collection),
                          cb_p_text(what->dataset_type), cb_p_text(what->proposal_id)),
                     NULL, err);
}

bool on_calibration_recertified(void *self, struct cb_db *db, const struct cb_event *event,
                                struct cb_error *err)
{
    (void)self;
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rules = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__CalibrationRecertified *what =
        ((const Calbus__V1__CertificationEvent *)message)->recertified;
    if (!find_rules(db, what, &rules, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rules); i++)
        if (!follow_rule(db, cb_rows_text(rules, i, 0), what, err))
            return false;
    return true;
}
