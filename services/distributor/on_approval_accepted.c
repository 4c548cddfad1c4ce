/* A proposal was accepted: its ticket's chain is to be at the sites. */
#include "base/alloc.h"
#include "base/log.h"
#include "base/uuid.h"
#include "calbus/v1/approval.pb-c.h"
#include "domain/approval.h"
#include "rses.h"
#include "service/decode.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>

enum { RULE_ID_SIZE = 33, NAMES_MOST = 1000 };

bool is_accepted(struct cb_db *db, const char *proposal_id, bool *ret_accepted, char ret_state[32],
                 struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    enum cb_approval_state state;
    if (!cb_db_run(db, sql_find_proposal_state, CB_P(cb_p_text(proposal_id)), &rows, err))
        return false;
    snprintf(ret_state, 32, "%s", cb_rows_count(rows) > 0 ? cb_rows_text(rows, 0, 0) : "not there");
    *ret_accepted =
        cb_approval_state_parse(ret_state, &state) &&
        (state == CB_APPROVAL_ACCEPTED || state == CB_APPROVAL_DEPLOYING || state == CB_APPROVAL_DEPLOYED);
    return true;
}

/* The same event gives the same rule. */
static void rule_id_of(const char *proposal_id, char ret_id[RULE_ID_SIZE])
{
    char uuid[CB_UUID_TEXT_SIZE];
    size_t n = 0;
    cb_uuid_derive(proposal_id, "rule", uuid);
    for (const char *at = uuid; *at != '\0'; at++)
        if (*at != '-')
            ret_id[n++] = *at;
    ret_id[n] = '\0';
}

/* Dataset/$INSTRUMENT/$LABEL/$TICKET; names are used once, so a second distribution of a ticket is called
 * ".2". */
static bool register_dataset(struct cb_db *db, const char *scope,
                             const Calbus__V1__ApprovalAccepted *accepted, char **ret_name,
                             struct cb_error *err)
{
    for (int i = 1; i <= NAMES_MOST; i++) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        cb_auto(cb_free) char *name =
            cb_xasprintf("Dataset/%s/%s/%s", accepted->instrument, accepted->label, accepted->ticket);
        cb_auto(cb_free) char *numbered = i == 1 ? cb_xstrdup(name) : cb_xasprintf("%s.%d", name, i);
        if (!cb_db_run(db, sql_register_dataset, CB_P(cb_p_text(scope), cb_p_text(numbered)), &rows, err))
            return false;
        if (cb_rows_count(rows) > 0) {
            *ret_name = cb_steal(numbered);
            return true;
        }
    }
    return cb_fail(err, CB_ERR_CONFLICT, "ticket %s was distributed %d times under the label \"%s\"",
                   accepted->ticket, NAMES_MOST, accepted->label);
}

/* The storage element of the site that the repository is at. */
static const char *source_rse_of(const struct distributor *me, const char *repository)
{
    for (size_t i = 0; i < CB_SITES; i++) {
        const struct cb_site *site = &me->config.sites.site[i];
        for (int k = 0; site->enabled; k++) {
            cb_auto(cb_free) char *label = cb_site_repository(site, k);
            if (label == NULL)
                break;
            if (strcmp(label, repository) == 0)
                return site->rse;
        }
    }
    return NULL;
}

static bool put_rule(const struct distributor *me, struct cb_db *db,
                     const Calbus__V1__ApprovalAccepted *accepted, const char *rule_id, struct cb_error *err)
{
    const char *scope = me->config.scope;
    const char *source = source_rse_of(me, accepted->repository);
    cb_auto(cb_free) char *name = NULL;
    auto_rse_names struct rse_names members = { 0 };
    if (source == NULL)
        return cb_fail(err, CB_ERR_INVALID, "no site has the repository \"%s\"", accepted->repository);
    cb_auto(cb_free) char *expression = me->config.rse_expression[0] != '\0'
                                            ? cb_xstrdup(me->config.rse_expression)
                                            : default_expression(&me->config.sites, accepted->instrument);
    const char *where = expression[0] != '\0' ? expression : source; /* no other site has this camera */
    if (!find_rses(db, where, &members, err) || !register_dataset(db, scope, accepted, &name, err))
        return false;
    cb_log(CB_INFO, "distribution begun", cb_str("rule_id", rule_id), cb_str("name", name),
           cb_str("proposal_id", accepted->proposal_id), cb_str("rse_expression", where),
           cb_int("copies", members.count));
    return cb_db_run(db, sql_put_rule,
                     CB_P(cb_p_text(rule_id), cb_p_text(scope), cb_p_text(name), cb_p_text(where),
                          cb_p_int((int64_t)members.count), cb_p_text(accepted->proposal_id)),
                     NULL, err) &&
           cb_db_run(db, sql_put_distribution,
                     CB_P(cb_p_text(rule_id), cb_p_text(accepted->proposal_id),
                          cb_p_text(accepted->repository), cb_p_text(accepted->instrument),
                          cb_p_text(accepted->ticket), cb_p_text(accepted->label),
                          cb_p_text(accepted->ticket_chain), cb_p_text(source)),
                     NULL, err);
}

bool on_approval_accepted(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    const struct distributor *me = self;
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    bool accepted = false;
    char state[32], rule_id[RULE_ID_SIZE];
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__ApprovalAccepted *what = ((const Calbus__V1__ApprovalEvent *)message)->accepted;
    if (!is_accepted(db, what->proposal_id, &accepted, state, err))
        return false;
    if (!accepted) {
        cb_log(CB_WARN, "proposal is not distributed", cb_str("proposal_id", what->proposal_id),
               cb_str("state", state));
        return true;
    }
    rule_id_of(what->proposal_id, rule_id);
    if (!cb_db_run(db, sql_lock_rule, CB_P(cb_p_text(rule_id)), &rows, err))
        return false;
    return cb_rows_count(rows) > 0 || put_rule(me, db, what, rule_id, err);
}
