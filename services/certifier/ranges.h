/* Ranges of what is certified are changed or taken out. */
#pragma once

#include "calbus/v1/certification.pb-c.h"
#include "certifier.h"
#include "butler/repository.h"

struct range_job {
    const struct certifier *me;
    const struct cb_event *cause;
    const Calbus__V1__RecertificationRequested *request;
    const char *proposal_id; /* that was accepted; "" where no consent was needed */
};

/* What a change has done, or would do. */
struct range_outcome {
    size_t changed; /* certifications, neighbours and successors included */
    size_t gone;    /* of them those of which nothing remains */
    char instrument[64],
        physical_filter[64]; /* of the requested collection; the filter "" unless it is of one */
};

/* Change the registry and write down what follows: history, certifications, staleness, events. In the open
 * transaction. A request that finds everything as it wishes changes and says nothing.
 * Errors: as cb_recertify and cb_withdraw. */
CB_MUST_CHECK bool change_ranges(const struct range_job *job, struct cb_db *db,
                                 struct range_outcome *ret_outcome, struct cb_error *err);

/* What change_ranges would do, of which nothing remains. Errors: as there. */
CB_MUST_CHECK bool try_change(const struct range_job *job, struct cb_db *db,
                              struct range_outcome *ret_outcome, struct cb_error *err);

/* "begin 2024-12-09T06:00:00, end open, of detector 4", for people. */
struct cb_bytes;
void describe_request(const Calbus__V1__RecertificationRequested *request, struct cb_bytes *text);
/* Does the request take ranges out, instead of changing them? */
bool is_withdrawal(const Calbus__V1__RecertificationRequested *request);
