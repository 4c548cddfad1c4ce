/* A person puts a ticket's chain into a default chain, or takes it out: from then on it is in force there. */
#include "base/json.h"
#include "butler/collections.h"
#include "butler/home.h"
#include "calbus/v1/certification.pb-c.h"
#include "certifier.h"
#include "domain/collection_name.h"
#include "service/decode.h"
#include "service/outbox.h"
#include "settle.h"
#include "sql.h"
#include "staleness.h"

#include <stdio.h>
#include <string.h>

struct chaining {
    struct certifier *me;
    const struct cb_event *event;
    const Calbus__V1__ChainRequested *request;
    struct cb_collection_name parent;
};

static const struct {
    const char *name;
    enum cb_chain_edit edit;
} modes[] = {
    { "prepend", CB_CHAIN_PREPEND },
    { "extend", CB_CHAIN_EXTEND }, /* curated calibrations stand behind what was built */
    { "remove", CB_CHAIN_REMOVE },
};

static bool find_mode(const char *name, enum cb_chain_edit *ret_edit, struct cb_error *err)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(modes[i].name, name) == 0) {
            *ret_edit = modes[i].edit;
            return true;
        }
    return cb_fail(err, CB_ERR_INVALID, "unrecognized mode \"%s\": prepend, extend or remove", name);
}

static bool change_chain(const struct chaining *job, struct cb_repo *repo, struct cb_error *err)
{
    const Calbus__V1__ChainRequested *request = job->request;
    const char *const child[] = { request->child };
    enum cb_chain_edit edit;
    return find_mode(request->mode, &edit, err) &&
           (edit == CB_CHAIN_REMOVE ||
            cb_collection_register(repo, request->parent, CB_COLLECTION_CHAINED, NULL, NULL, err)) &&
           cb_chain_change(repo, request->parent, edit, child, 1, err);
}

/* The accepted proposal behind a ticket chain; "" if there is none. */
static bool find_accepted(const struct chaining *job, struct cb_db *db, char *ret_proposal, size_t size,
                          struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_proposal_of_chain, CB_P(cb_p_text(job->request->child)), &rows, err))
        return false;
    snprintf(ret_proposal, size, "%s", cb_rows_count(rows) > 0 ? cb_rows_text(rows, 0, 0) : "");
    return true;
}

/* What was certified here comes into force only with the board's consent (DMTN-222 section 3.5). Curated
 * calibrations and what others made have no certification of ours, and users' chains are their own. */
static bool check_consent(const struct chaining *job, struct cb_db *db, const char *proposal,
                          struct cb_error *err)
{
    if (proposal[0] != '\0' || job->parent.pattern != CB_COLLECTION_DEFAULT_CALIB ||
        job->parent.user[0] != '\0')
        return true;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_count_certified, CB_P(cb_p_text(job->request->child)), &rows, err))
        return false;
    if (cb_rows_int(rows, 0, 0) == 0)
        return true;
    return cb_fail(err, CB_ERR_CONFLICT,
                   "%s has not been accepted by the board; \"calbus approval propose\" puts it before them",
                   job->request->child);
}

/* What waits for the board joins no chain but a user's. */
static bool check_waiting(const struct chaining *job, struct cb_db *db, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (job->parent.user[0] != '\0')
        return true;
    if (!cb_db_run(db, sql_find_waiting,
                   CB_P(cb_p_text(job->request->repository), cb_p_text(job->request->child)), &rows, err))
        return false;
    return cb_rows_count(rows) == 0 ||
           cb_fail(err, CB_ERR_CONFLICT,
                   "%s has not been accepted by the board; \"calbus approval propose\" puts it before them",
                   job->request->child);
}

static bool note_facility(const struct chaining *job, struct cb_db *db, const char *proposal,
                          struct cb_error *err)
{
    const Calbus__V1__ChainRequested *request = job->request;
    if (proposal[0] == '\0' || job->parent.pattern != CB_COLLECTION_DEFAULT_CALIB)
        return true;
    return cb_db_run(db, sql_store_facility,
                     CB_P(cb_p_text(proposal), cb_p_text(request->site), cb_p_text(request->repository),
                          cb_p_text("CHAINED"), cb_p_text(""), cb_p_text("")),
                     NULL, err);
}

/* Consent first, then a note of how far the deployment has come. */
static bool follow_proposal(const struct chaining *job, struct cb_db *db, struct cb_error *err)
{
    char proposal[64];
    if (strcmp(job->request->mode, "remove") == 0)
        return true;
    return check_waiting(job, db, err) && find_accepted(job, db, proposal, sizeof proposal, err) &&
           check_consent(job, db, proposal, err) && note_facility(job, db, proposal, err);
}

static bool announce(const struct chaining *job, struct cb_db *db, struct cb_error *err)
{
    const Calbus__V1__ChainRequested *request = job->request;
    Calbus__V1__ChainDeployed deployed = CALBUS__V1__CHAIN_DEPLOYED__INIT;
    deployed.request_id = request->request_id;
    deployed.site = request->site;
    deployed.repository = request->repository;
    deployed.instrument = (char *)job->parent.instrument;
    deployed.parent = request->parent;
    deployed.child = request->child;
    deployed.mode = request->mode;
    deployed.by = request->by;
    Calbus__V1__CertificationEvent wrapper = CALBUS__V1__CERTIFICATION_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__CERTIFICATION_EVENT__EVENT_CHAIN_DEPLOYED;
    wrapper.chain_deployed = &deployed;
    const struct cb_outgoing outgoing = { .type = "chain.deployed",
                                          .key = request->parent,
                                          .cause = job->event };
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

/* Another calibration in force makes stale what was built from the one before. */
static bool follow_staleness(const struct chaining *job, struct cb_db *db, struct cb_repo *repo,
                             struct cb_error *err)
{
    return job->parent.pattern != CB_COLLECTION_DEFAULT_CALIB || job->parent.user[0] != '\0' ||
           update_staleness(db, repo, job->request->repository, job->parent.instrument, job->request->parent,
                            job->event, err);
}

/* The chain as it is now, for the answer. */
static bool write_result(const struct chaining *job, struct cb_repo *repo, struct cb_bytes *result,
                         struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list children = { 0 };
    if (!cb_chain_children(repo, job->request->parent, &children, err))
        return false;
    struct cb_json json = CB_JSON(result);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "parent", job->request->parent);
    cb_json_open(&json, "children", '[');
    for (size_t i = 0; i < children.count; i++)
        cb_json_str(&json, NULL, children.item[i].name);
    cb_json_close(&json);
    cb_json_close(&json);
    return true;
}

static bool carry_out(void *context, struct cb_db *db, struct cb_bytes *result, struct cb_error *err)
{
    struct chaining *job = context;
    const Calbus__V1__ChainRequested *request = job->request;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    return cb_collection_name_parse(request->parent, &job->parent, err) &&
           cb_repo_open_home(job->me->index_path, request->repository, db, &repo, err) &&
           change_chain(job, repo, err) && follow_proposal(job, db, err) && announce(job, db, err) &&
           follow_staleness(job, db, repo, err) && write_result(job, repo, result, err);
}

bool on_chain_requested(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    struct chaining job = { .me = self,
                            .event = event,
                            .request = ((const Calbus__V1__CertificationEvent *)message)->chain_requested };
    return settle_request(db, job.request->request_id, carry_out, &job, NULL, NULL, err);
}
