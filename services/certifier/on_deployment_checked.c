/* A site was checked: when every site that imported a proposal uses it, it is deployed. */
#include "calbus/v1/distribution.pb-c.h"
#include "certifier.h"
#include "proposal.h"
#include "service/decode.h"
#include "sql.h"

static bool note_facility(struct cb_db *db, const Calbus__V1__DeploymentChecked *checked,
                          struct cb_error *err)
{
    bool passed = checked->verdict == CALBUS__V1__VERDICT__VERDICT_PASS;
    return cb_db_run(db, sql_store_facility,
                     CB_P(cb_p_text(checked->proposal_id), cb_p_text(checked->site),
                          cb_p_text(checked->repository), cb_p_text(passed ? "VERIFIED_IN_USE" : "FAILED"),
                          cb_p_text(checked->detail), cb_p_text(checked->fingerprint)),
                     NULL, err);
}

bool on_deployment_checked(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    (void)self;
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__DeploymentChecked *checked =
        ((const Calbus__V1__DistributionEvent *)message)->deployment_checked;
    if (checked->proposal_id[0] == '\0')
        return true;

    struct proposal proposal;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!load_proposal(db, checked->proposal_id, &proposal, err) || !note_facility(db, checked, err) ||
        !cb_db_run(db, sql_count_facilities, CB_P(cb_p_text(proposal.id)), &rows, err))
        return false;
    bool everywhere = cb_rows_int(rows, 0, 0) == cb_rows_int(rows, 0, 1);
    if (!everywhere || proposal.state != CB_APPROVAL_DEPLOYING)
        return true;
    return act_on_proposal(db, &proposal, "deployed", "distributor", "in use at every site", event, err);
}
