/* certifier: gives verified calibrations their validity, puts them before the board, and changes default
 * chains. */
#include "base/alloc.h"
#include "certifier.h"

#include <stdlib.h>

static const struct cb_subscription subscriptions[] = {
    { "verification.finished", on_verification_finished },
    { "certification.requested", on_certification_requested },
    { "recertification.requested", on_recertification_requested },
    { "chain.requested", on_chain_requested },
    { "approval.requested", on_approval_requested },
    { "approval.decided", on_approval_decided },
    { "site.imported", on_site_imported },
    { "deployment.checked", on_deployment_checked },
    { NULL, NULL },
};

static bool start(void *self, const struct cb_service_config *common, struct cb_db *db, struct cb_error *err)
{
    (void)db;
    (void)err;
    struct certifier *me = self;
    me->index_path = cb_xasprintf("%s/repositories.yaml", common->home);
    return true;
}

static void stop(void *self)
{
    struct certifier *me = self;
    free(me->index_path);
    me->index_path = NULL;
}

int main(int argc, char **argv)
{
    static const struct cb_service service = {
        .name = "certifier",
        .summary =
            "Give verified calibrations their validity, put them before the board, change default chains.",
        .subscriptions = subscriptions,
        .start = start,
        .stop = stop,
    };
    struct certifier certifier = { 0 };
    return cb_service_main(argc, argv, &service, &certifier, NULL);
}
