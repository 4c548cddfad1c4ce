/* calbus certify: give a verified generation its validity range. */
#include "ask.h"
#include "commands.h"

#include "calbus/v1/certification.pb-c.h"
#include "domain/collection_name.h"
#include "domain/timespan.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

static const struct ctl_flag certify_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label; /repo/main unless given." },
    { "begin-date", 0, CTL_FLAG_TEXT, "DATE", "Start of validity, ISO 8601 in TAI; unbounded unless given." },
    { "end-date", 0, CTL_FLAG_TEXT, "DATE",
      "End of validity (exclusive), ISO 8601 in TAI; open unless given." },
    { "into", 0, CTL_FLAG_TEXT, "COLLECTION",
      "CALIBRATION collection; named after the generation unless given." },
    { "type", 0, CTL_FLAG_TEXT, "TYPE", "Dataset type; read from the generation's name unless given." },
    { "accept-failures", 0, CTL_FLAG_TEXT, "REASON", "Certify although the verification failed, and why." },
    CTL_ASK_FLAGS,
    { .name = NULL },
};

static bool read_bound(const char *text, int64_t *ret_ns, struct cb_error *err)
{
    return text == NULL || cb_timespan_parse_date(text, ret_ns, err);
}

/* The dataset type that is asked for, or that a generation's name says. */
static bool type_of(struct ctl *ctl, const char *generation, const char **ret_type, struct cb_error *err)
{
    static struct cb_collection_name name;
    *ret_type = ctl_args_text(&ctl->args, "type", NULL);
    if (!cb_collection_name_parse_official(generation, &name, err))
        return false;
    if (name.pattern == CB_COLLECTION_OTHER) { /* a user's, who names as they like */
        if (*ret_type == NULL || !ctl_args_has(&ctl->args, "into"))
            return ctl_refuse(ctl, CTL_USAGE, err,
                              "the name of \"%s\" says neither type nor collection; give --type and --into",
                              generation);
        return true;
    }
    if (name.pattern != CB_COLLECTION_GENERATION)
        return cb_fail(err, CB_ERR_INVALID,
                       "\"%s\" is not a generation's collection (.../TYPEGen[-FILTER].YYYYMMDDv)",
                       generation);
    if (*ret_type == NULL)
        *ret_type = cb_calib_dataset_type(name.type);
    return true;
}

static bool certify(struct ctl *ctl, struct cb_error *err)
{
    const char *begin_text = ctl_args_text(&ctl->args, "begin-date", NULL);
    const char *end_text = ctl_args_text(&ctl->args, "end-date", NULL);
    int64_t begin = CB_TIMESPAN_MIN_NS, end = CB_TIMESPAN_MAX_NS;
    const char *type = NULL;
    struct cb_timespan validity;
    if (!read_bound(begin_text, &begin, err) || !read_bound(end_text, &end, err) ||
        !cb_timespan_validity(begin, end, &validity, err) || !type_of(ctl, ctl_word(ctl, 0), &type, err))
        return false;

    char id[CB_UUID_TEXT_SIZE];
    cb_uuid_new_text(id);
    Calbus__V1__ValidityRange range = CALBUS__V1__VALIDITY_RANGE__INIT;
    if (cb_timespan_has_begin(validity)) {
        range.begin_case = CALBUS__V1__VALIDITY_RANGE__BEGIN_BEGIN_TAI_NS;
        range.begin_tai_ns = validity.begin_ns;
    }
    if (cb_timespan_has_end(validity)) {
        range.end_case = CALBUS__V1__VALIDITY_RANGE__END_END_TAI_NS;
        range.end_tai_ns = validity.end_ns;
    }
    Calbus__V1__CertificationRequested requested = CALBUS__V1__CERTIFICATION_REQUESTED__INIT;
    requested.request_id = id;
    requested.repository = (char *)ctl_repository(ctl);
    requested.generation_run = (char *)ctl_word(ctl, 0);
    requested.collection = (char *)ctl_args_text(&ctl->args, "into", "");
    requested.dataset_type = (char *)type;
    requested.validity = &range;
    requested.by = (char *)ctl_person(ctl);
    requested.accept_failures = (char *)ctl_args_text(&ctl->args, "accept-failures", "");
    Calbus__V1__CertificationEvent wrapper = CALBUS__V1__CERTIFICATION_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__CERTIFICATION_EVENT__EVENT_REQUESTED;
    wrapper.requested = &requested;

    cb_auto(cb_free) char *result = NULL;
    const struct cb_outgoing outgoing = { .type = "certification.requested",
                                          .key = requested.generation_run };
    if (!ctl_ask(ctl, "certifier", id, &outgoing, &wrapper.base, &result, err))
        return false;
    if (!ctl_print_answer(ctl, result, err))
        return false;
    if (strncmp(ctl_word(ctl, 0), "u/", 2) != 0) /* a user's are nobody's default */
        ctl_say(ctl, "next: calbus approval propose --ticket ... --taxicab ...");
    return true;
}

static const struct ctl_verb verbs[] = {
    { .name = NULL,
      .words = "GENERATION",
      .summary = "Give the calibrations of a verified generation their validity range.",
      .examples =
          "calbus certify LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a --begin-date 2024-12-08T12:00:00\n"
          "calbus certify u/jdoe/trial/biases --type bias --into u/jdoe/trial/certified",
      .flags = certify_flags,
      .least = 1,
      .most = 1,
      .run = certify },
    { .run = NULL },
};
const struct ctl_noun noun_certify = { "certify", "Give a verified generation its validity range.", verbs,
                                       false };
