/* A person acknowledges, mutes, or takes that back. Every alarm that matches is tried; each has its own
 * result. */
#include "alarm.h"
#include "base/json.h"
#include "calbus/v1/alarm.pb-c.h"
#include "service/decode.h"
#include "service/request.h"
#include "sql.h"
#include "state.h"

#include <string.h>

static const struct {
    const char *action;
    enum cb_alarm_verb verb;
} verbs[] = {
    { "acknowledge", CB_ALARM_ACKNOWLEDGE },
    { "unacknowledge", CB_ALARM_UNACKNOWLEDGE },
    { "mute", CB_ALARM_MUTE },
    { "unmute", CB_ALARM_UNMUTE },
};

static bool read_verb(const char *action, enum cb_alarm_verb *ret_verb)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(action, verbs[i].action) != 0)
            continue;
        *ret_verb = verbs[i].verb;
        return true;
    }
    return false;
}

/* A shell pattern (* and ?) as a LIKE pattern; without either it is a name. */
static bool to_like(const char *glob, struct cb_bytes *like)
{
    for (const char *c = glob; *c != '\0'; c++) {
        if (*c == '%' || *c == '_' || *c == '\\')
            cb_bytes_printf(like, "\\%c", *c);
        else
            cb_bytes_printf(like, "%c", *c == '*' ? '%' : *c == '?' ? '_' : *c);
    }
    return strpbrk(glob, "*?") != NULL;
}

static bool find_matches(struct cb_db *db, const char *name, struct cb_rows **ret_rows, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes like = CB_BYTES(1024);
    bool is_pattern = to_like(name, &like);
    return cb_db_run(db, sql_match_alarms,
                     CB_P(cb_p_text(is_pattern ? cb_bytes_text(&like) : name), cb_p_bool(is_pattern)),
                     ret_rows, err);
}

struct results {
    struct cb_json json;
    size_t done, refused;
    struct cb_error first_refusal;
};

/* One alarm in a savepoint: a refusal leaves the others alone. Returns false only when nothing can be done
 * now. */
static bool command_one(struct alarm_service *me, struct cb_db *db, const char *name, const char *user,
                        const struct cb_alarm_command *command, const struct cb_event *event,
                        struct results *results, struct cb_error *err)
{
    struct cb_error why = { 0 };
    bool updated = false;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    bool ok = cb_tx_begin(db, &tx, &why) &&
              change_alarm(me, db, name, "{}", command, user, event, &updated, &why) &&
              cb_tx_commit(&tx, &why);
    if (!ok && (why.kind == CB_ERR_TRANSIENT || why.kind == CB_ERR_FATAL)) {
        *err = why;
        return false;
    }
    cb_json_open(&results->json, NULL, '{');
    cb_json_str(&results->json, "name", name);
    cb_json_bool(&results->json, "ok", ok);
    cb_json_bool(&results->json, "updated", updated);
    cb_json_str(&results->json, "error", ok ? NULL : why.text);
    cb_json_close(&results->json);
    if (!ok && results->refused++ == 0)
        results->first_refusal = why;
    results->done += ok;
    return true;
}

bool on_alarm_command(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__AlarmCommand *asked = ((const Calbus__V1__AlarmEvent *)message)->command;
    struct cb_alarm_command command = { .severity = (enum cb_severity)asked->severity,
                                        .text = asked->user,
                                        .duration_ns = (int64_t)asked->duration_s * 1000000000 };
    struct cb_error why = { 0 };
    if (!read_verb(asked->action, &command.verb)) {
        cb_fail(&why, CB_ERR_INVALID, "unrecognized action \"%s\" on an alarm", asked->action);
        return cb_request_refuse(db, asked->request_id, &why, err);
    }

    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!find_matches(db, asked->name, &rows, err))
        return false;
    if (cb_rows_count(rows) == 0) {
        cb_fail(&why, CB_ERR_NOT_FOUND, "no alarm \"%s\"; \"calbus alarm list\" shows them", asked->name);
        return cb_request_refuse(db, asked->request_id, &why, err);
    }

    cb_auto_bytes struct cb_bytes text = CB_BYTES(1 << 20);
    struct results results = { .json = CB_JSON(&text) };
    cb_json_open(&results.json, NULL, '[');
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        if (!command_one(self, db, cb_rows_text(rows, i, 0), asked->user, &command, event, &results, err))
            return false;
    cb_json_close(&results.json);
    if (results.refused > 0 && results.done == 0)
        return cb_request_refuse(db, asked->request_id, &results.first_refusal, err);
    return cb_request_done(db, asked->request_id, cb_bytes_text(&text), err);
}
