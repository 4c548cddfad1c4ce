/* INSTRUMENT DETECTOR TYPE [FILTER] TIME: which calibration somebody asks for, and where it is looked for. */
#pragma once

#include "ctl.h"

#include "butler/repository.h"
#include "domain/data_id.h"
#include "domain/timespan.h"

struct calib_question {
    struct cb_data_id id;
    const char *type, *time_text;
    struct cb_timespan when; /* a moment, TAI */
    struct {
        size_t count;
        char **item;
    } path; /* --collections, else INSTRUMENT/calib */
};
void calib_question_done(struct calib_question *question);

/* A detector's number, also from its name (R22_S11), into a data ID that has its instrument.
 * Errors: exit status 3, a camera that is known has no such detector; 2, neither number nor name. */
CB_MUST_CHECK bool calib_question_detector(struct ctl *ctl, const char *text, struct cb_data_id *id,
                                           struct cb_error *err);

/* The words of the command, and the flags --collections and --filter. Errors: exit status 2 or 3, which word
 * is wrong. */
CB_MUST_CHECK bool calib_question_read(struct ctl *ctl, struct calib_question *ret_question,
                                       struct cb_error *err);

/* What the type has no dimension for is left out (a detector) or refused (a filter), and what it needs asked
 * for. Errors: exit status 2; NOT_FOUND no such type. */
CB_MUST_CHECK bool calib_question_fit(struct ctl *ctl, struct cb_repo *repo, struct calib_question *question,
                                      struct cb_error *err);
