/* calbus chain: what is in force where, and changing it. */
#include "ask.h"
#include "chain_verbs.h"
#include "commands.h"

#include "base/alloc.h"
#include "calbus/v1/certification.pb-c.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

static const struct ctl_flag change_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label; /repo/main unless given." },
    { "site", 0, CTL_FLAG_TEXT, "SITE", "Where the repository is; read from the label unless given." },
    CTL_ASK_FLAGS,
    { .name = NULL },
};

/* "summit:/repo/LSSTComCam" is at summit, "/repo/main" at usdf. */
static void site_of(const struct ctl *ctl, const char *repository, char *ret_site, size_t size)
{
    const char *given = ctl_args_text(&ctl->args, "site", NULL);
    const char *colon = strchr(repository, ':');
    if (given != NULL)
        snprintf(ret_site, size, "%s", given);
    else if (colon != NULL)
        snprintf(ret_site, size, "%.*s", (int)(colon - repository), repository);
    else
        snprintf(ret_site, size, "usdf");
}

static bool change(struct ctl *ctl, const char *mode, struct cb_error *err)
{
    char id[CB_UUID_TEXT_SIZE], site[64];
    cb_uuid_new_text(id);
    const char *repository = ctl_repository(ctl);
    site_of(ctl, repository, site, sizeof site);
    Calbus__V1__ChainRequested requested = CALBUS__V1__CHAIN_REQUESTED__INIT;
    requested.request_id = id;
    requested.site = site;
    requested.repository = (char *)repository;
    requested.parent = (char *)ctl_word(ctl, 0);
    requested.child = (char *)ctl_word(ctl, 1);
    requested.mode = (char *)mode;
    requested.by = (char *)ctl_person(ctl);
    Calbus__V1__CertificationEvent wrapper = CALBUS__V1__CERTIFICATION_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__CERTIFICATION_EVENT__EVENT_CHAIN_REQUESTED;
    wrapper.chain_requested = &requested;

    cb_auto(cb_free) char *result = NULL;
    const struct cb_outgoing outgoing = { .type = "chain.requested", .key = requested.parent };
    if (!ctl_ask(ctl, "certifier", id, &outgoing, &wrapper.base, &result, err))
        return false;
    return ctl_print_answer(ctl, result, err);
}

static bool prepend(struct ctl *ctl, struct cb_error *err)
{
    return change(ctl, "prepend", err);
}

static bool extend(struct ctl *ctl, struct cb_error *err)
{
    return change(ctl, "extend", err);
}

static bool take_out(struct ctl *ctl, struct cb_error *err)
{
    return change(ctl, "remove", err);
}

static const struct ctl_verb verbs[] = {
    { .name = "show",
      .words = "[CHAIN]",
      .summary = "Draw the tree of a chain in search order; of $INSTRUMENT/defaults unless named.",
      .examples = "calbus chain show LSSTComCam/calib --repo summit:/repo/LSSTComCam\n"
                  "INSTRUMENT=LSSTComCam calbus chain show --json",
      .flags = ctl_chain_show_flags,
      .least = 0,
      .most = 1,
      .run = ctl_chain_show },
    { .name = "defaults",
      .words = "INSTRUMENT",
      .summary = "Make INSTRUMENT/defaults, or put in what it lacks: raws, calibrations, auxiliary products.",
      .examples = "calbus chain defaults LSSTComCam --repo summit:/repo/LSSTComCam",
      .flags = ctl_chain_defaults_flags,
      .least = 1,
      .most = 1,
      .run = ctl_chain_defaults },
    { .name = "prepend",
      .words = "CHAIN CHILD",
      .summary =
          "Put a ticket's chain at the front of a default chain: its calibrations come into force there.",
      .examples =
          "calbus chain prepend LSSTComCam/calib LSSTComCam/calib/DM-1 --repo summit:/repo/LSSTComCam",
      .flags = change_flags,
      .least = 2,
      .most = 2,
      .run = prepend },
    { .name = "extend",
      .words = "CHAIN CHILD",
      .summary = "Put curated calibrations at the end of a default chain: what was built goes before them.",
      .examples = "calbus chain extend LSSTComCam/calib LSSTComCam/calib/DM-48650\n"
                  "calbus chain extend LSSTComCam/calib LSSTComCam/calib/DM-48650/unbounded",
      .flags = change_flags,
      .least = 2,
      .most = 2,
      .run = extend },
    { .name = "remove",
      .words = "CHAIN CHILD",
      .summary = "Take a ticket's chain out of a default chain.",
      .examples = "calbus chain remove LSSTComCam/calib LSSTComCam/calib/DM-1",
      .flags = change_flags,
      .least = 2,
      .most = 2,
      .run = take_out },
    { .run = NULL },
};
const struct ctl_noun noun_chain = { "chain", "What is in force where, and changing it.", verbs, false };
