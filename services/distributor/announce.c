/* What the distributor says. */
#include "announce.h"

#include "calbus/v1/distribution.pb-c.h"
#include "service/outbox.h"

#include <string.h>

static bool say(struct cb_db *db, const char *type, const char *key,
                const Calbus__V1__DistributionEvent *wrapper, struct cb_error *err)
{
    const struct cb_outgoing outgoing = { .type = type, .key = key };
    return cb_outbox_put(db, &outgoing, &wrapper->base, err);
}

bool say_rule_created(struct cb_db *db, const struct rule_state *rule, struct cb_error *err)
{
    Calbus__V1__RuleCreated created = CALBUS__V1__RULE_CREATED__INIT;
    Calbus__V1__DistributionEvent wrapper = CALBUS__V1__DISTRIBUTION_EVENT__INIT;
    created.rule_id = (char *)rule->id;
    created.scope = (char *)rule->scope;
    created.name = (char *)rule->name;
    created.rse_expression = (char *)rule->rse_expression;
    created.copies = (uint32_t)rule->copies;
    created.files = (uint32_t)rule->files;
    wrapper.event_case = CALBUS__V1__DISTRIBUTION_EVENT__EVENT_RULE_CREATED;
    wrapper.rule_created = &created;
    return say(db, "rule.created", rule->id, &wrapper, err);
}

bool say_rule_progress(struct cb_db *db, const struct rule_state *rule, struct cb_error *err)
{
    Calbus__V1__RuleProgress progress = CALBUS__V1__RULE_PROGRESS__INIT;
    Calbus__V1__DistributionEvent wrapper = CALBUS__V1__DISTRIBUTION_EVENT__INIT;
    progress.rule_id = (char *)rule->id;
    progress.locks_ok = (uint32_t)rule->ok;
    progress.locks_replicating = (uint32_t)rule->replicating;
    progress.locks_stuck = (uint32_t)rule->stuck;
    wrapper.event_case = CALBUS__V1__DISTRIBUTION_EVENT__EVENT_RULE_PROGRESS;
    wrapper.rule_progress = &progress;
    return say(db, "rule.progress", rule->id, &wrapper, err);
}

bool say_rule_ok(struct cb_db *db, const struct rule_state *rule, struct cb_error *err)
{
    Calbus__V1__RuleOk ok = CALBUS__V1__RULE_OK__INIT;
    Calbus__V1__DistributionEvent wrapper = CALBUS__V1__DISTRIBUTION_EVENT__INIT;
    ok.rule_id = (char *)rule->id;
    ok.scope = (char *)rule->scope;
    ok.name = (char *)rule->name;
    ok.locks_ok = (uint32_t)rule->ok;
    wrapper.event_case = CALBUS__V1__DISTRIBUTION_EVENT__EVENT_RULE_OK;
    wrapper.rule_ok = &ok;
    return say(db, "rule.ok", rule->id, &wrapper, err);
}

bool say_rule_stuck(struct cb_db *db, const struct rule_state *rule, struct cb_error *err)
{
    Calbus__V1__RuleStuck stuck = CALBUS__V1__RULE_STUCK__INIT;
    Calbus__V1__DistributionEvent wrapper = CALBUS__V1__DISTRIBUTION_EVENT__INIT;
    stuck.rule_id = (char *)rule->id;
    stuck.scope = (char *)rule->scope;
    stuck.name = (char *)rule->name;
    stuck.locks_stuck = (uint32_t)rule->stuck;
    stuck.error = (char *)rule->error;
    wrapper.event_case = CALBUS__V1__DISTRIBUTION_EVENT__EVENT_RULE_STUCK;
    wrapper.rule_stuck = &stuck;
    return say(db, "rule.stuck", rule->id, &wrapper, err);
}

bool say_transfer_done(struct cb_db *db, const struct transfer_state *transfer, struct cb_error *err)
{
    Calbus__V1__TransferDone done = CALBUS__V1__TRANSFER_DONE__INIT;
    Calbus__V1__DistributionEvent wrapper = CALBUS__V1__DISTRIBUTION_EVENT__INIT;
    done.transfer_id = (char *)transfer->id;
    done.rule_id = (char *)transfer->rule_id;
    done.scope = (char *)transfer->scope;
    done.name = (char *)transfer->name;
    done.source_rse = (char *)transfer->source_rse;
    done.destination_rse = (char *)transfer->destination_rse;
    done.bytes = (uint64_t)transfer->bytes;
    done.adler32 = (char *)transfer->adler32;
    wrapper.event_case = CALBUS__V1__DISTRIBUTION_EVENT__EVENT_TRANSFER_DONE;
    wrapper.transfer_done = &done;
    return say(db, "transfer.done", transfer->id, &wrapper, err);
}

bool say_transfer_failed(struct cb_db *db, const struct transfer_state *transfer, struct cb_error *err)
{
    Calbus__V1__TransferFailed failed = CALBUS__V1__TRANSFER_FAILED__INIT;
    Calbus__V1__DistributionEvent wrapper = CALBUS__V1__DISTRIBUTION_EVENT__INIT;
    failed.transfer_id = (char *)transfer->id;
    failed.rule_id = (char *)transfer->rule_id;
    failed.scope = (char *)transfer->scope;
    failed.name = (char *)transfer->name;
    failed.destination_rse = (char *)transfer->destination_rse;
    failed.attempt = (uint32_t)transfer->attempt;
    failed.error = (char *)transfer->error;
    wrapper.event_case = CALBUS__V1__DISTRIBUTION_EVENT__EVENT_TRANSFER_FAILED;
    wrapper.transfer_failed = &failed;
    return say(db, "transfer.failed", transfer->id, &wrapper, err);
}

bool say_site_imported(struct cb_db *db, const struct import_state *import, struct cb_error *err)
{
    Calbus__V1__SiteImported imported = CALBUS__V1__SITE_IMPORTED__INIT;
    Calbus__V1__DistributionEvent wrapper = CALBUS__V1__DISTRIBUTION_EVENT__INIT;
    imported.site = (char *)import->site;
    imported.repository = (char *)import->repository;
    imported.instrument = (char *)import->instrument;
    imported.rule_id = (char *)import->rule_id;
    imported.proposal_id = (char *)import->proposal_id;
    imported.ticket_chain = (char *)import->ticket_chain;
    imported.datasets = (uint32_t)import->datasets;
    wrapper.event_case = CALBUS__V1__DISTRIBUTION_EVENT__EVENT_SITE_IMPORTED;
    wrapper.site_imported = &imported;
    return say(db, "site.imported", import->site, &wrapper, err);
}

static Calbus__V1__Verdict verdict_of(const char *name)
{
    if (strcmp(name, "PASS") == 0)
        return CALBUS__V1__VERDICT__VERDICT_PASS;
    return strcmp(name, "FAIL") == 0 ? CALBUS__V1__VERDICT__VERDICT_FAIL
                                     : CALBUS__V1__VERDICT__VERDICT_NO_DATA;
}

bool say_deployment_checked(struct cb_db *db, const struct check_state *check, struct cb_error *err)
{
    Calbus__V1__DeploymentChecked checked = CALBUS__V1__DEPLOYMENT_CHECKED__INIT;
    Calbus__V1__DistributionEvent wrapper = CALBUS__V1__DISTRIBUTION_EVENT__INIT;
    checked.site = (char *)check->site;
    checked.repository = (char *)check->repository;
    checked.instrument = (char *)check->instrument;
    checked.proposal_id = (char *)check->proposal_id;
    checked.ticket_chain = (char *)check->ticket_chain;
    checked.verdict = verdict_of(check->verdict);
    checked.exposure = (uint64_t)check->exposure;
    checked.detector = (uint32_t)check->detector;
    checked.processed = (char *)check->processed;
    checked.detail = (char *)check->detail;
    checked.fingerprint = (char *)check->fingerprint;
    wrapper.event_case = CALBUS__V1__DISTRIBUTION_EVENT__EVENT_DEPLOYMENT_CHECKED;
    wrapper.deployment_checked = &checked;
    return say(db, "deployment.checked", check->site, &wrapper, err);
}
