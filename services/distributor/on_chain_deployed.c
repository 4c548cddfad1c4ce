/* A default chain was changed at a site: whether what was distributed is in force there is to be checked. */
#include "base/uuid.h"
#include "calbus/v1/certification.pb-c.h"
#include "distributor.h"
#include "service/decode.h"
#include "sql.h"

#include <string.h>

bool on_chain_deployed(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    (void)self;
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    char id[CB_UUID_TEXT_SIZE];
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__ChainDeployed *deployed =
        ((const Calbus__V1__CertificationEvent *)message)->chain_deployed;
    if (strcmp(deployed->mode, "remove") == 0)
        return true;
    if (!cb_db_run(db, sql_find_distributed_chain,
                   CB_P(cb_p_text(deployed->child), cb_p_text(deployed->instrument)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return true; /* not of a proposal that was accepted: nothing is expected of it */
    cb_uuid_derive(event->id, "check", id);
    return cb_db_run(db, sql_put_check,
                     CB_P(cb_p_text(id), cb_p_text(cb_rows_text(rows, 0, 0)), cb_p_text(deployed->site),
                          cb_p_text(deployed->repository), cb_p_text(deployed->instrument),
                          cb_p_text(deployed->parent), cb_p_text(deployed->child)),
                     NULL, err);
}
