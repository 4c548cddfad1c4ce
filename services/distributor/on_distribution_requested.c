/* A person wants what is stuck to be tried again. */
#include "base/alloc.h"
#include "calbus/v1/distribution.pb-c.h"
#include "rules.h"
#include "service/decode.h"
#include "service/request.h"

#include <string.h>

static bool carry_out(const struct distributor *me, struct cb_db *db,
                      const Calbus__V1__DistributionRequested *request, int64_t *ret_count,
                      struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *savepoint = NULL;
    if (strcmp(request->action, "retry") != 0)
        return cb_fail(err, CB_ERR_INVALID, "unrecognized action \"%s\": retry", request->action);
    return cb_tx_begin(db, &savepoint, err) && requeue_rule(me, db, request->rule_id, ret_count, err) &&
           cb_tx_commit(&savepoint, err);
}

bool on_distribution_requested(void *self, struct cb_db *db, const struct cb_event *event,
                               struct cb_error *err)
{
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    struct cb_error why = { 0 };
    int64_t count = 0;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__DistributionRequested *request =
        ((const Calbus__V1__DistributionEvent *)message)->requested;
    if (carry_out(self, db, request, &count, &why)) {
        cb_auto(cb_free) char *result = cb_xasprintf("{\"retried\":%lld}", (long long)count);
        return cb_request_done(db, request->request_id, result, err);
    }
    if (why.kind == CB_ERR_TRANSIENT || why.kind == CB_ERR_FATAL) {
        *err = why;
        return false;
    }
    return cb_request_refuse(db, request->request_id, &why, err);
}
