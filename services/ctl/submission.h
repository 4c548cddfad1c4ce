/* A run asked for: from a bps template to rows and event, then waiting for its end. For bps and calbus
 * generation. */
#pragma once

#include "ctl.h"

#include "engine/template.h"

/* What to submit. Texts are borrowed. */
struct submission {
    const char *template_path;
    const struct cb_environment *environment;
    const struct cb_template_value *values; /* in place of the template's own; NULL */
    const char *options;                    /* more "--config T:F=V"; NULL */
    const char *verify_where;               /* what to verify the product on; NULL: $SELECTION_TYPE_V */
    const char *by;                         /* who asks */
    bool only_one; /* refuse when an earlier run below the same output has not failed; bps makes another */
};

/* What was submitted. */
struct submitted {
    char run_id[40];
    char *output_run, *submit_path; /* submit_path NULL: no record was written */
    int64_t quanta;
};
void submitted_done(struct submitted *submitted);

/*
 * Render, check everything that can be checked, and put request and event in one transaction. Nothing is
 * written when anything is refused.
 *
 * Errors: as cb_template_load, cb_pipeline_load and cb_plan_check; exit status 69 when database or service
 * are not up
 */
CB_MUST_CHECK bool submission_put(struct ctl *ctl, const struct submission *submission,
                                  struct submitted *ret_submitted, struct cb_error *err);

/* Wait until a run has ended, with a progress bar on a terminal. timeout_s 0: without end.
 * Errors: exit status 1 with the run's error when it failed, 4 when it was cancelled, 124 after timeout_s. */
CB_MUST_CHECK bool submission_wait(struct ctl *ctl, const char *run_id, int64_t timeout_s,
                                   struct cb_error *err);
