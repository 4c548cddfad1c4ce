/* A distribution has been imported at a site, or its ranges have followed: the proposal is on its way. */
#include "calbus/v1/distribution.pb-c.h"
#include "certifier.h"
#include "proposal.h"
#include "proposed_change.h"
#include "service/decode.h"
#include "sql.h"

bool on_site_imported(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    (void)self;
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__SiteImported *imported =
        ((const Calbus__V1__DistributionEvent *)message)->site_imported;
    if (imported->proposal_id[0] == '\0')
        return true; /* registered by hand, without the board */

    struct proposal proposal;
    if (!load_proposal(db, imported->proposal_id, &proposal, err))
        return false;
    if (proposal.is_of_ranges)
        return note_followed(db, &proposal, imported->site, imported->repository, event, err);
    if (proposal.state == CB_APPROVAL_ACCEPTED &&
        !act_on_proposal(db, &proposal, "start-deployment", "distributor", "imported at a first site", event,
                         err))
        return false;
    return cb_db_run(db, sql_store_facility,
                     CB_P(cb_p_text(proposal.id), cb_p_text(imported->site), cb_p_text(imported->repository),
                          cb_p_text("IMPORTED"), cb_p_text(""), cb_p_text("")),
                     NULL, err);
}
