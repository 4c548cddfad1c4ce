/* The life of a proposal to the board. */
#include "domain/approval.h"

#include "base/bytes.h"

#include <string.h>

static const char *const names[] = {
    [CB_APPROVAL_PROPOSED] = "PROPOSED",     [CB_APPROVAL_HAILED] = "HAILED",
    [CB_APPROVAL_FLAGGED] = "FLAGGED",       [CB_APPROVAL_MORE_INFO] = "MORE_INFO",
    [CB_APPROVAL_ACCEPTED] = "ACCEPTED",     [CB_APPROVAL_REJECTED] = "REJECTED",
    [CB_APPROVAL_WITHDRAWN] = "WITHDRAWN",   [CB_APPROVAL_DEPLOYING] = "DEPLOYING",
    [CB_APPROVAL_DEPLOYED] = "DEPLOYED",     [CB_APPROVAL_ROLLED_BACK] = "ROLLED_BACK",
    [CB_APPROVAL_SUPERSEDED] = "SUPERSEDED",
};

#define IN(state) (1U << CB_APPROVAL_##state)

static const struct {
    const char *action;
    unsigned int from; /* set of states */
    enum cb_approval_state to;
    bool needs_reason;
} steps[] = {
    { "hail", IN(PROPOSED), CB_APPROVAL_HAILED, false },
    { "flag", IN(HAILED), CB_APPROVAL_FLAGGED, false },
    { "defer", IN(FLAGGED), CB_APPROVAL_HAILED, true },
    { "request-more", IN(HAILED) | IN(FLAGGED), CB_APPROVAL_MORE_INFO, true },
    { "supply", IN(MORE_INFO), CB_APPROVAL_HAILED, false },
    { "accept", IN(HAILED) | IN(FLAGGED), CB_APPROVAL_ACCEPTED, true },
    { "reject", IN(HAILED) | IN(FLAGGED), CB_APPROVAL_REJECTED, true },
    { "withdraw", IN(PROPOSED) | IN(HAILED) | IN(FLAGGED) | IN(MORE_INFO), CB_APPROVAL_WITHDRAWN, true },
    { "start-deployment", IN(ACCEPTED), CB_APPROVAL_DEPLOYING, false },
    { "deployed", IN(DEPLOYING), CB_APPROVAL_DEPLOYED, false },
    { "roll-back", IN(DEPLOYING) | IN(DEPLOYED), CB_APPROVAL_ROLLED_BACK, true },
    { "supersede", IN(DEPLOYED), CB_APPROVAL_SUPERSEDED, false },
};
enum { STEPS = sizeof steps / sizeof steps[0] };

const char *cb_approval_state_name(enum cb_approval_state state)
{
    return names[state];
}

bool cb_approval_state_parse(const char *text, enum cb_approval_state *ret_state)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) != 0)
            continue;
        *ret_state = (enum cb_approval_state)i;
        return true;
    }
    return false;
}

static bool refuse(enum cb_approval_state from, const char *action, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes allowed = CB_BYTES(300);
    for (size_t i = 0; i < STEPS; i++)
        if ((steps[i].from >> from & 1U) != 0)
            cb_bytes_printf(&allowed, "%s%s", allowed.size > 0 ? ", " : "", steps[i].action);
    return cb_fail(err, CB_ERR_CONFLICT, "a proposal that is %s cannot be changed by \"%s\"; %s%s",
                   names[from], action, allowed.size > 0 ? "possible: " : "it has ended",
                   cb_bytes_text(&allowed));
}

bool cb_approval_step(enum cb_approval_state from, const char *action, enum cb_approval_state *ret_to,
                      struct cb_error *err)
{
    for (size_t i = 0; i < STEPS; i++) {
        if (strcmp(action, steps[i].action) != 0)
            continue;
        if ((steps[i].from >> from & 1U) == 0)
            return refuse(from, action, err);
        *ret_to = steps[i].to;
        return true;
    }
    return cb_fail(err, CB_ERR_INVALID, "unrecognized action \"%s\" on a proposal", action);
}

bool cb_approval_needs_reason(const char *action)
{
    for (size_t i = 0; i < STEPS; i++)
        if (strcmp(action, steps[i].action) == 0)
            return steps[i].needs_reason;
    return false;
}
