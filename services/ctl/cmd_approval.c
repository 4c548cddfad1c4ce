/* calbus approval: proposals to the board, decisions, their audit log. */
#include "ask.h"
#include "commands.h"

#include "calbus/v1/approval.pb-c.h"
#include "io/clock.h"
#include "domain/approval.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

static const struct ctl_flag propose_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label; /repo/main unless given." },
    { "instrument", 'i', CTL_FLAG_TEXT, "INSTRUMENT", "Whose calibrations they are; required." },
    { "ticket", 't', CTL_FLAG_TEXT, "TICKET", "Construction ticket, DM-...; required." },
    { "taxicab", 0, CTL_FLAG_TEXT, "TICKET", "TAXICAB ticket; required." },
    { "deployment", 0, CTL_FLAG_TEXT, "TICKET", "Deployment ticket." },
    { "label", 0, CTL_FLAG_TEXT, "LABEL", "Label of the distribution's dataset; \"calib\" unless given." },
    { "title", 0, CTL_FLAG_TEXT, "TEXT", "What is proposed, in a line." },
    CTL_ASK_FLAGS,
    { .name = NULL },
};

static bool propose(struct ctl *ctl, struct cb_error *err)
{
    const char *instrument = ctl_args_text(&ctl->args, "instrument", NULL);
    const char *ticket = ctl_args_text(&ctl->args, "ticket", NULL);
    const char *taxicab = ctl_args_text(&ctl->args, "taxicab", NULL);
    if (instrument == NULL || ticket == NULL || taxicab == NULL)
        return ctl_refuse(ctl, CTL_USAGE, err, "--instrument, --ticket and --taxicab are required");

    char id[CB_UUID_TEXT_SIZE], proposal[CB_UUID_TEXT_SIZE];
    cb_uuid_new_text(id);
    cb_uuid_new_text(proposal);
    Calbus__V1__ApprovalRequested requested = CALBUS__V1__APPROVAL_REQUESTED__INIT;
    requested.request_id = id;
    requested.proposal_id = proposal;
    requested.repository = (char *)ctl_repository(ctl);
    requested.instrument = (char *)instrument;
    requested.ticket = (char *)ticket;
    requested.taxicab_ticket = (char *)taxicab;
    requested.deployment_ticket = (char *)ctl_args_text(&ctl->args, "deployment", "");
    requested.label = (char *)ctl_args_text(&ctl->args, "label", "calib");
    requested.title = (char *)ctl_args_text(&ctl->args, "title", "");
    requested.by = (char *)ctl_person(ctl);
    Calbus__V1__ApprovalEvent wrapper = CALBUS__V1__APPROVAL_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__APPROVAL_EVENT__EVENT_REQUESTED;
    wrapper.requested = &requested;

    cb_auto(cb_free) char *result = NULL;
    const struct cb_outgoing outgoing = { .type = "approval.requested", .key = proposal };
    if (!ctl_ask(ctl, "certifier", id, &outgoing, &wrapper.base, &result, err))
        return false;
    if (!ctl_print_one(ctl, "proposal_id", proposal, err))
        return false;
    ctl_say(ctl, "next: calbus approval show %s, then accept or reject it", proposal);
    return true;
}

static const struct ctl_flag decide_flags[] = {
    { "reason", 'm', CTL_FLAG_TEXT, "TEXT", "Why; goes into the audit log." },
    CTL_ASK_FLAGS,
    { .name = NULL },
};

static bool allows(const struct cb_rows *rows, size_t row, const char *action)
{
    enum cb_approval_state state, to;
    return cb_approval_state_parse(cb_rows_text(rows, row, 1), &state) &&
           cb_approval_step(state, action, &to, NULL);
}

/* Of several proposals the one that an action can still be done to; the first of one or of none such. */
static size_t choose(const struct cb_rows *rows, const char *action, size_t *ret_count)
{
    size_t chosen = 0, count = 0;
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        if (action != NULL && allows(rows, i, action)) {
            chosen = i;
            count++;
        }
    *ret_count = count > 0 ? count : cb_rows_count(rows);
    return chosen;
}

/* A proposal by its id, the start of one, or the TAXICAB or construction ticket of an only one; of several
 * the only one that allows the action (NULL: none is meant). */
static bool find_proposal(struct ctl *ctl, const char *word, const char *action, char ret_id[64],
                          struct cb_error *err)
{
    size_t count;
    struct cb_db *db;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!ctl_db_of(ctl, &db, err) || !cb_db_run(db, sql_find_proposal, CB_P(cb_p_text(word)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return ctl_refuse(ctl, CTL_NOT_FOUND, err, "no proposal \"%s\"; \"calbus approval list\" shows them",
                          word);
    size_t chosen = choose(rows, action, &count);
    if (count > 1)
        return ctl_refuse(ctl, CTL_USAGE, err, "\"%s\" is %zu proposals; give the id", word, count);
    snprintf(ret_id, 64, "%s", cb_rows_text(rows, chosen, 0));
    return true;
}

static bool decide(struct ctl *ctl, struct cb_error *err)
{
    char id[CB_UUID_TEXT_SIZE], proposal[64];
    const char *reason = ctl_args_text(&ctl->args, "reason", "");
    if (cb_approval_needs_reason(ctl->verb) && reason[0] == '\0')
        return ctl_refuse(ctl, CTL_USAGE, err,
                          "a reason is needed, which goes into the audit log: --reason TEXT");
    cb_uuid_new_text(id);
    if (!find_proposal(ctl, ctl_word(ctl, 0), ctl->verb, proposal, err))
        return false;
    Calbus__V1__ApprovalDecided decided = CALBUS__V1__APPROVAL_DECIDED__INIT;
    decided.request_id = id;
    decided.proposal_id = proposal;
    decided.action = (char *)ctl->verb;
    decided.actor = (char *)ctl_person(ctl);
    decided.comment = (char *)reason;
    Calbus__V1__ApprovalEvent wrapper = CALBUS__V1__APPROVAL_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__APPROVAL_EVENT__EVENT_DECIDED;
    wrapper.decided = &decided;

    cb_auto(cb_free) char *result = NULL;
    const struct cb_outgoing outgoing = { .type = "approval.decided", .key = proposal };
    if (!ctl_ask(ctl, "certifier", id, &outgoing, &wrapper.base, &result, err))
        return false;
    return ctl_print_answer(ctl, result, err);
}

static const struct ctl_column list_columns[] = {
    { "id", "ID", CTL_COL_TEXT },
    { "taxicab_ticket", "TAXICAB", CTL_COL_TEXT },
    { "ticket", "TICKET", CTL_COL_TEXT },
    { "instrument", "INSTRUMENT", CTL_COL_TEXT },
    { "state", "STATE", CTL_COL_TEXT },
    { "kind", "KIND", CTL_COL_TEXT }, /* CERTIFICATION, or RANGE: of ranges in force */
    { "types", "TYPES", CTL_COL_TEXT },
    { "failed", "FAILED", CTL_COL_NUMBER },
    { "proposed_by", "PROPOSED BY", CTL_COL_TEXT },
    { "decided_by", "BY", CTL_COL_TEXT },
    { "report", "REPORT", CTL_COL_TEXT },
    { .key = NULL },
};

static bool list(struct ctl *ctl, struct cb_error *err)
{
    return ctl_print_query(ctl, "calbus.approval.list.v1", list_columns, sql_list_proposals, CB_P0, err);
}

static const struct ctl_column item_columns[] = {
    { "dataset_type", "TYPE", CTL_COL_TEXT },
    { "physical_filter", "FILTER", CTL_COL_TEXT },
    { "collection", "COLLECTION", CTL_COL_TEXT },
    { "datasets", "DATASETS", CTL_COL_NUMBER },
    { "verdict", "VERDICT", CTL_COL_TEXT },
    { "tests", "TESTS", CTL_COL_NUMBER },
    { "tests_failed", "FAILED", CTL_COL_NUMBER },
    { "verify_run", "VERIFIED IN", CTL_COL_TEXT },
    { "change", "CHANGE", CTL_COL_TEXT }, /* of ranges; empty in a proposal of certifications */
    { .key = NULL },
};

static bool show(struct ctl *ctl, struct cb_error *err)
{
    char proposal[64];
    return find_proposal(ctl, ctl_word(ctl, 0), NULL, proposal, err) &&
           ctl_print_query(ctl, "calbus.approval.show.v1", item_columns, sql_show_proposal,
                           CB_P(cb_p_text(proposal)), err);
}

static const struct ctl_column audit_columns[] = {
    { "seq", "SEQ", CTL_COL_NUMBER },
    { "at", "AT (UTC)", CTL_COL_TEXT },
    { "actor", "WHO", CTL_COL_TEXT },
    { "action", "ACTION", CTL_COL_TEXT },
    { "proposal_id", "PROPOSAL", CTL_COL_TEXT },
    { "from_state", "FROM", CTL_COL_TEXT },
    { "to_state", "TO", CTL_COL_TEXT },
    { "comment", "WHY", CTL_COL_TEXT },
    { "hash", NULL, CTL_COL_TEXT },
    { .key = NULL },
};

static const struct ctl_flag audit_flags[] = {
    { "verify", 0, CTL_FLAG_BOOL, NULL,
      "Recompute the chain of hashes, of the history of ranges too; exit 65 when a line was changed." },
    { .name = NULL },
};

static bool verify_audit(struct ctl *ctl, struct cb_error *err)
{
    struct cb_db *db;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!ctl_db_of(ctl, &db, err) || !cb_db_run(db, sql_verify_audit, CB_P0, &rows, err))
        return false;
    if (cb_rows_count(rows) > 0)
        return ctl_refuse(ctl, CTL_BAD_DATA, err, "line %lld of the %s is not as it was written",
                          (long long)cb_rows_int(rows, 0, 1), cb_rows_text(rows, 0, 0));
    return ctl_print_one(ctl, "result", "the audit log is whole", err);
}

static bool audit(struct ctl *ctl, struct cb_error *err)
{
    if (ctl_args_has(&ctl->args, "verify"))
        return verify_audit(ctl, err);
    return ctl_print_query(ctl, "calbus.approval.audit.v1", audit_columns, sql_list_audit, CB_P0, err);
}

#define DECISION(action, what)                                                                               \
    {                                                                                                        \
        .name = (action), .words = "PROPOSAL", .summary = (what),                                            \
        .examples = "calbus approval " action " TAXICAB-1 --reason \"...\"", .flags = decide_flags,          \
        .least = 1, .most = 1, .run = decide                                                                 \
    }

static const struct ctl_verb verbs[] = {
    { .name = "list",
      .words = "",
      .summary = "List the proposals.",
      .examples = "calbus approval list",
      .run = list },
    { .name = "show",
      .words = "PROPOSAL",
      .summary = "Show what a proposal holds and how its verification went.",
      .examples = "calbus approval show TAXICAB-1",
      .least = 1,
      .most = 1,
      .run = show },
    { .name = "propose",
      .words = "",
      .summary = "Put what is certified on a ticket before the board.",
      .examples = "calbus approval propose -i LSSTComCam --ticket DM-1 --taxicab TAXICAB-1 --label demo",
      .flags = propose_flags,
      .run = propose },
    DECISION("accept", "Accept a proposal: its calibrations are distributed."),
    DECISION("reject", "Reject a proposal."),
    DECISION("withdraw", "Withdraw a proposal."),
    DECISION("flag", "Schedule a proposal for the board's meeting."),
    DECISION("defer", "Take a proposal off the meeting's agenda."),
    DECISION("request-more", "Ask for more processing before a decision."),
    DECISION("supply", "Say that what was asked for is there."),
    { .name = "audit",
      .words = "",
      .summary = "Show who did what and why.",
      .examples = "calbus approval audit --verify",
      .flags = audit_flags,
      .run = audit },
    { .run = NULL },
};
const struct ctl_noun noun_approval = { "approval", "Proposals to the board, decisions, their audit log.",
                                        verbs, false };
