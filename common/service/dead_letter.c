/* Dead letters: putting them away, looking at them, deciding about them. */
#include "service/dead_letter.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "bus_sql.h"
#include "io/clock.h"
#include "service/envelope.h"
#include "service/outbox_row.h"
#include "service/topics.h"
#include "service/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- putting away ---- */

/* Text that a jsonb takes: what is no UTF-8 or has a NUL is told in hex. */
static void add_text(struct cb_json *json, const char *name, const char *bytes, size_t size)
{
    if (cb_utf8_is_valid(bytes, size) && memchr(bytes, '\0', size) == NULL) {
        cb_auto(cb_free) char *text = cb_xstrndup(bytes, size);
        cb_json_str(json, name, text);
        return;
    }
    cb_auto_bytes struct cb_bytes hex = CB_BYTES(4096);
    cb_bytes_puts(&hex, "0x");
    for (size_t i = 0; i < size && i < 1024; i++)
        cb_bytes_printf(&hex, "%02x", (unsigned)(unsigned char)bytes[i]);
    cb_json_str(json, name, cb_bytes_text(&hex));
}

static char *text_of_key(const struct cb_message *message)
{
    if (cb_utf8_is_valid(message->key, message->key_size) && strlen(message->key) == message->key_size)
        return cb_xstrdup(message->key);
    return cb_xstrdup("(not text)");
}

static char *json_of_headers(const struct cb_message *message)
{
    struct cb_bytes text = CB_BYTES(4 << 20);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '{');
    for (size_t i = 0; i < message->header_count; i++)
        if (cb_utf8_is_valid(message->headers[i].name, strlen(message->headers[i].name)))
            add_text(&json, message->headers[i].name, message->headers[i].value,
                     message->headers[i].value_size);
    cb_json_close(&json);
    return cb_bytes_steal(&text);
}

static char *json_of_origin(const char *group, const struct cb_message *message, const struct cb_event *event,
                            const char *key, const struct cb_error *why)
{
    struct cb_bytes text = CB_BYTES(64 << 10);
    struct cb_json json = CB_JSON(&text);
    char number[32];
    cb_json_open(&json, NULL, '{');
    add_text(&json, "ce_error", why->text, strlen(why->text));
    cb_json_str(&json, "ce_errorkind", cb_err_kind_name(why->kind));
    cb_json_str(&json, "ce_origintopic", message->topic);
    snprintf(number, sizeof number, "%" PRId32, message->partition);
    cb_json_str(&json, "ce_originpartition", number);
    snprintf(number, sizeof number, "%" PRId64, message->offset);
    cb_json_str(&json, "ce_originoffset", number);
    cb_json_str(&json, "ce_origingroup", group);
    cb_json_str(&json, "ce_originkey", key);
    cb_json_str(&json, "ce_originid", event != NULL ? event->id : "");
    cb_json_str(&json, "ce_origintype", event != NULL ? event->type : "");
    cb_json_close(&json);
    return cb_bytes_steal(&text);
}

static char *hex_of_value(const struct cb_message *message)
{
    struct cb_bytes hex = CB_BYTES(64 << 20);
    cb_bytes_puts(&hex, "\\x");
    for (size_t i = 0; i < message->size; i++)
        cb_bytes_printf(&hex, "%02x", (unsigned)message->value[i]);
    return cb_bytes_steal(&hex);
}

static bool mark_dead(struct cb_db *db, const char *group, const struct cb_event *event, const char *time,
                      bool *ret_new, struct cb_error *err)
{
    *ret_new = true;
    if (event == NULL)
        return true;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, bus_sql_mark_dead, CB_P(cb_p_text(time), cb_p_text(group), cb_p_text(event->id)),
                   &rows, err))
        return false;
    *ret_new = cb_rows_count(rows) == 1;
    return true;
}

/* The event on the dead-letter topic: its id follows from the message and the group, so that two attempts say
 * it once. */
static bool announce(struct cb_db *db, const char *group, const struct cb_message *message,
                     const struct cb_event *event, const char *incarnation, const char *key,
                     const struct cb_error *why, bool *ret_new, struct cb_error *err)
{
    char id[CB_UUID_TEXT_SIZE], traceparent[CB_TRACEPARENT_SIZE];
    unsigned char random[24];
    cb_random_bytes(random, sizeof random);
    cb_trace_continue(event != NULL ? event->traceparent : NULL, random, traceparent);
    cb_auto(cb_free) char *where = event != NULL
                                       ? cb_xstrdup(event->id)
                                       : cb_xasprintf("%s/%s/%d/%" PRId64, incarnation, message->topic,
                                                      message->partition, message->offset);
    cb_auto(cb_free) char *what = cb_xasprintf("dead-letter\n%s\n%" PRId64, group, cb_clock_unix_ms());
    if (event == NULL)
        what[strlen("dead-letter\n") + strlen(group)] = '\0'; /* no mark keeps it from coming twice */
    cb_uuid_derive(where, what, id);
    cb_auto(cb_free) char *headers = json_of_origin(group, message, event, key, why);
    bool fits = message->size <= CB_EVENT_SIZE_MAX; /* a larger value stays in the table alone */
    const struct cb_outbox_row row = { .ce_id = id,
                                       .type = CB_DEAD_LETTER,
                                       .topic = cb_event_type_find(CB_DEAD_LETTER)->topic,
                                       .key = message->topic,
                                       .source = cb_outbox_source(),
                                       .subject = where,
                                       .traceparent = traceparent,
                                       .time_unix_ms = cb_clock_unix_ms(),
                                       .headers = headers,
                                       .value = message->value,
                                       .size = fits ? message->size : 0 };
    return cb_outbox_insert(db, &row, ret_new, err);
}

bool cb_dead_letter_put(struct cb_db *db, const char *service, const char *group,
                        const struct cb_message *message, const struct cb_event *event,
                        const char *incarnation, const struct cb_error *why, struct cb_error *err)
{
    char time[CB_CE_TIME_SIZE] = "";
    if (event != NULL)
        cb_ce_time_format(event->time_unix_ms, time);
    bool is_new = false;
    if (!mark_dead(db, group, event, time, &is_new, err))
        return false;
    if (!is_new)
        return true;
    cb_auto(cb_free) char *key = text_of_key(message);
    if (!announce(db, group, message, event, incarnation, key, why, &is_new, err))
        return false;
    if (!is_new)
        return true;
    cb_auto(cb_free) char *headers = json_of_headers(message);
    cb_auto(cb_free) char *value = hex_of_value(message);
    return cb_db_run(db, bus_sql_put_dead_letter,
                     CB_P(cb_p_text(service), cb_p_text(group), cb_p_text(message->topic),
                          cb_p_int(message->partition), cb_p_int(message->offset), cb_p_text(key),
                          cb_p_text(event != NULL ? event->id : NULL), cb_p_text(event != NULL ? time : NULL),
                          cb_p_text(event != NULL ? event->type : ""), cb_p_text(headers), cb_p_text(value),
                          cb_p_text(cb_err_kind_name(why->kind)), cb_p_text(why->text)),
                     NULL, err);
}

/* ---- looking ---- */

void cb_dead_letters_done(struct cb_dead_letters *letters)
{
    free(letters->list);
    cb_rows_free(letters->rows);
    *letters = (struct cb_dead_letters){ .rows = NULL };
}

static void read_letter(const struct cb_rows *rows, size_t row, struct cb_dead_letter *letter)
{
    const char **const texts[] = { &letter->service, &letter->group,  &letter->topic, &letter->key,
                                   &letter->ce_id,   &letter->type,   &letter->kind,  &letter->error,
                                   &letter->state,   &letter->created };
    letter->id = cb_rows_int(rows, row, 0);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = cb_rows_text(rows, row, i + 1);
    letter->partition = cb_rows_int(rows, row, 11);
    letter->offset = cb_rows_int(rows, row, 12);
}

static bool list(struct cb_db *db, const char *state, int64_t limit, struct cb_param id,
                 struct cb_dead_letters *ret_letters, struct cb_error *err)
{
    struct cb_dead_letters letters = { .rows = NULL };
    if (!cb_db_run(db, bus_sql_list_dead_letters, CB_P(cb_p_text(state), cb_p_int(limit), id), &letters.rows,
                   err))
        return false;
    letters.count = cb_rows_count(letters.rows);
    letters.list = cb_xalloc_array(letters.count + 1, sizeof *letters.list);
    for (size_t i = 0; i < letters.count; i++)
        read_letter(letters.rows, i, &letters.list[i]);
    *ret_letters = letters;
    return true;
}

bool cb_dead_letter_list(struct cb_db *db, const char *state, int64_t limit,
                         struct cb_dead_letters *ret_letters, struct cb_error *err)
{
    return list(db, state, limit, cb_p_null(), ret_letters, err);
}

bool cb_dead_letter_show(struct cb_db *db, int64_t id, struct cb_dead_letters *ret_letter, char **ret_headers,
                         char **ret_value_hex, struct cb_error *err)
{
    struct cb_dead_letters letter = { .rows = NULL };
    if (!list(db, NULL, 1, cb_p_int(id), &letter, err))
        return false;
    if (letter.count == 0) {
        cb_dead_letters_done(&letter);
        return cb_fail(err, CB_ERR_NOT_FOUND, "there is no dead letter %" PRId64, id);
    }
    *ret_headers = cb_xstrdup(cb_rows_text(letter.rows, 0, 13));
    *ret_value_hex = cb_xstrdup(cb_rows_text(letter.rows, 0, 14));
    *ret_letter = letter;
    return true;
}

/* ---- deciding ---- */

static bool decide(struct cb_db *db, int64_t id, const char *state, const char *actor,
                   struct cb_rows **ret_rows, struct cb_error *err)
{
    if (!cb_db_run(db, bus_sql_decide_dead_letter, CB_P(cb_p_int(id), cb_p_text(state), cb_p_text(actor)),
                   ret_rows, err))
        return false;
    if (cb_rows_count(*ret_rows) == 1)
        return true;
    __attribute__((cleanup(cb_dead_letters_done_at_exit))) struct cb_dead_letters letter = { .rows = NULL };
    if (!list(db, NULL, 1, cb_p_int(id), &letter, err))
        return false;
    if (letter.count == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "there is no dead letter %" PRId64, id);
    return cb_fail(err, CB_ERR_CONFLICT, "dead letter %" PRId64 " is %s already", id, letter.list[0].state);
}

static bool publish_again(struct cb_db *db, int64_t id, const char *ce_id, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *again = NULL;
    cb_outbox_wake(db);
    if (!cb_db_run(db, bus_sql_republish_event, CB_P(cb_p_text(ce_id)), &again, err))
        return false;
    return cb_rows_count(again) > 0 ||
           cb_db_run(db, bus_sql_revive_event, CB_P(cb_p_int(id), cb_p_int(0)), NULL, err);
}

bool cb_dead_letter_retry(struct cb_db *db, int64_t id, const char *actor, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *letter = NULL;
    if (!cb_tx_begin(db, &tx, err) || !decide(db, id, "retried", actor, &letter, err))
        return false;
    const char *ce_id = cb_rows_text(letter, 0, 0);
    if (ce_id == NULL)
        return cb_fail(err, CB_ERR_CONFLICT, "dead letter %" PRId64 " has no readable envelope: drop it", id);
    return cb_db_run(db, bus_sql_unmark_dead,
                     CB_P(cb_p_text(cb_rows_text(letter, 0, 2)), cb_p_text(cb_rows_text(letter, 0, 1)),
                          cb_p_text(ce_id)),
                     NULL, err) &&
           publish_again(db, id, ce_id, err) && cb_tx_commit(&tx, err);
}

bool cb_dead_letter_drop(struct cb_db *db, int64_t id, const char *actor, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *letter = NULL;
    return decide(db, id, "dropped", actor, &letter, err);
}
