/* A person's request to a service: put with its event in one transaction, answered in calbus.request. */
#pragma once

#include "ctl.h"

#include "service/outbox.h"

/* Flags of every asking command. */
#define CTL_ASK_FLAGS                                                                                        \
    { "by", 0, CTL_FLAG_TEXT, "PERSON", "Who asks; the user's name unless given." },                         \
    {                                                                                                        \
        "no-wait", 0, CTL_FLAG_BOOL, NULL, "Return as soon as the request is recorded."                      \
    }

/* Who asks: --by, else the name of the user. Borrowed. */
const char *ctl_person(const struct ctl *ctl);

/* Put the request and its event, and wait for the answer (--timeout, --no-wait).
 * service    who must be up: else exit status 69 with the hint `calbus up`
 * ret_result the answer's JSON, to be freed; "" when it was not waited for
 * Errors: as the service answered, with its exit status; 124 when it did not in time. */
CB_MUST_CHECK bool ctl_ask(struct ctl *ctl, const char *service, const char *request_id,
                           const struct cb_outgoing *outgoing, const ProtobufCMessage *message,
                           char **ret_result, struct cb_error *err);
/* Print the answer: as it is, or with --json under "result" as the JSON that it is. */
CB_MUST_CHECK bool ctl_print_answer(struct ctl *ctl, const char *result, struct cb_error *err);
