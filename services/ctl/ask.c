/* A person's request to a service. */
#include "ask.h"

#include "base/alloc.h"
#include "io/clock.h"
#include "service/request.h"

#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

enum { ANSWER_S = 120, LOOK_MS = 50 };

const char *ctl_person(const struct ctl *ctl)
{
    const char *given = ctl_args_text(&ctl->args, "by", NULL);
    if (given != NULL)
        return given;
    const struct passwd *user = getpwuid(getuid());
    return user != NULL ? user->pw_name : "unknown";
}

static bool put(struct cb_db *db, const char *service, const char *id, const char *person,
                const struct cb_outgoing *outgoing, const ProtobufCMessage *message, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    return cb_tx_begin(db, &tx, err) && cb_request_put(db, id, service, person, outgoing, message, err) &&
           cb_tx_commit(&tx, err);
}

/* The answer as this command's own outcome. */
static bool take_answer(struct ctl *ctl, struct cb_answer *answer, char **ret_result, struct cb_error *err)
{
    if (answer->refused) {
        ctl->exit = (enum ctl_exit)answer->exit;
        cb_fail(err, CB_ERR_CONFLICT, "%s", answer->error);
    } else {
        *ret_result = cb_xstrdup(answer->result);
    }
    bool ok = !answer->refused;
    cb_answer_done(answer);
    return ok;
}

static bool look(struct cb_db *db, const char *id, struct cb_answer *ret_answer, struct cb_error *err)
{
    return (cb_db_is_alive(db) || cb_db_reopen(db, err)) && cb_request_look(db, id, ret_answer, err);
}

static bool wait_for_answer(struct ctl *ctl, struct cb_db *db, const char *service, const char *id,
                            char **ret_result, struct cb_error *err)
{
    int64_t deadline_ms = cb_clock_monotonic_ms() + (int64_t)1000 * ANSWER_S;
    while (cb_clock_monotonic_ms() < deadline_ms) {
        struct cb_answer answer = { 0 };
        /* the request is recorded: a database that goes away meanwhile is waited for */
        if (!look(db, id, &answer, err) && err->kind != CB_ERR_TRANSIENT)
            return false;
        if (answer.given)
            return take_answer(ctl, &answer, ret_result, err);
        cb_answer_done(&answer);
        (void)poll(NULL, 0, LOOK_MS);
    }
    ctl_hint(ctl, "The request %s stays; see calbus logs %s.", id, service);
    return ctl_refuse(ctl, CTL_TIMED_OUT, err, "the %s has not answered within %d s", service, ANSWER_S);
}

bool ctl_ask(struct ctl *ctl, const char *service, const char *request_id, const struct cb_outgoing *outgoing,
             const ProtobufCMessage *message, char **ret_result, struct cb_error *err)
{
    struct cb_db *db;
    bool served;
    if (!ctl_db_of(ctl, &db, err) || !cb_request_is_served(db, service, &served, err))
        return false;
    if (!served) {
        ctl_hint(ctl, "Start the suite with calbus up.");
        return ctl_refuse(ctl, CTL_UNAVAILABLE, err, "the %s, which must act on this, is not up", service);
    }

    const struct ctl_settings *settings;
    if (!ctl_settings_of(ctl, &settings, err))
        return false;
    cb_outbox_set_source(settings->common.site, "calbus");
    if (!put(db, service, request_id, ctl_person(ctl), outgoing, message, err))
        return false;
    if (!ctl_args_has(&ctl->args, "no-wait"))
        return wait_for_answer(ctl, db, service, request_id, ret_result, err);
    *ret_result = cb_xstrdup("");
    return true;
}

static const struct ctl_column answer_columns[] = {
    { "result", NULL, CTL_COL_JSON },
    { .key = NULL },
};

bool ctl_print_answer(struct ctl *ctl, const char *result, struct cb_error *err)
{
    if (!ctl_args_has(&ctl->args, "json")) {
        fprintf(ctl->out, "%s\n", result);
        return true;
    }
    cb_auto(cb_free) char *schema = cb_xasprintf("calbus.%s%s%s.v1", ctl->noun, ctl->verb != NULL ? "." : "",
                                                 ctl->verb != NULL ? ctl->verb : "");
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new(schema, answer_columns);
    ctl_table_add(table, (const char *const[]){ *result == '\0' ? NULL : result });
    return ctl_print(ctl, table, err);
}
