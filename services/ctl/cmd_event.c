/* calbus event: what goes over the bus, and what could not be handled. */
#include "ask.h"
#include "broker.h"
#include "commands.h"

#include "base/alloc.h"
#include "io/clock.h"
#include "service/dead_letter.h"
#include "service/decode.h"
#include "service/envelope.h"
#include "service/message_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 200, MOST_TOPICS = 64, LARGEST_EVENT = 4 << 20, MOST_LETTERS = 1000 };

/* ---- tail ---- */

static const struct ctl_flag tail_flags[] = {
    { "topic", 0, CTL_FLAG_LIST, "TOPIC",
      "Only these topics; all but heartbeats and wake-ups unless given." },
    { "type", 0, CTL_FLAG_TEXT, "TYPE", "Only events of this type, for example generation.finished." },
    { "from-start", 0, CTL_FLAG_BOOL, NULL, "Also what the broker holds already." },
    { "timeout", 0, CTL_FLAG_INT, "SECONDS", "Stop when nothing has come for so long." },
    { NULL, 0, CTL_FLAG_BOOL, NULL, NULL },
};

struct tail {
    const char *type;
    int64_t since_unix_ms; /* older events are not shown */
    int64_t left;          /* how many may still be printed; -1: any number */
    bool json;
};

static bool is_noise(const char *topic)
{
    return strcmp(topic, "calbus.heartbeat.v1") == 0 || strcmp(topic, "calbus.quantum.v1") == 0;
}

/* The topics asked for, copied into names. */
static bool choose_topics(const struct ctl *ctl, char *names[MOST_TOPICS + 1], struct cb_error *err)
{
    size_t n = 0;
    for (size_t i = 0; n < MOST_TOPICS; i++) {
        cb_auto(cb_free) char *name = ctl_args_item(&ctl->args, "topic", i);
        if (name == NULL)
            break;
        if (cb_topic_find(name) == NULL)
            return cb_fail(err, CB_ERR_NOT_FOUND, "there is no topic \"%s\"", name);
        names[n++] = cb_steal(name);
    }
    for (const struct cb_topic *topic = cb_topics; !ctl_args_has(&ctl->args, "topic") && topic->name != NULL;
         topic++)
        if (n < MOST_TOPICS && !is_noise(topic->name))
            names[n++] = cb_xstrdup(topic->name);
    return true;
}

static void put_payload(struct cb_json *json, const struct cb_event *event)
{
    ProtobufCMessage *wrapper = NULL;
    struct cb_error err = { 0 };
    if (!cb_event_decode(event, &wrapper, &err)) {
        cb_json_str(json, "unreadable", err.text);
        return;
    }
    cb_message_json(json, "payload", wrapper);
    cb_event_free(wrapper);
}

static void print_event(const struct tail *tail, const struct cb_message *message,
                        const struct cb_event *event, FILE *out)
{
    const struct cb_bus_header *time = cb_message_header(message, "ce_time");
    cb_auto_bytes struct cb_bytes text = CB_BYTES(LARGEST_EVENT);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '{');
    if (tail->json) {
        cb_json_str(&json, "topic", message->topic);
        cb_json_int(&json, "partition", message->partition);
        cb_json_int(&json, "offset", message->offset);
        cb_json_str(&json, "key", message->key);
        cb_json_str(&json, "id", event->id);
        cb_json_str(&json, "type", event->type);
        cb_json_str(&json, "source", event->source);
        cb_json_str(&json, "subject", event->subject);
        cb_json_str(&json, "time", time == NULL ? NULL : time->value);
        cb_json_str(&json, "traceparent", event->traceparent);
    }
    put_payload(&json, event);
    cb_json_close(&json);
    if (tail->json)
        fprintf(out, "%s\n", cb_bytes_text(&text));
    else
        fprintf(out, "%s  %-26s %s  %s\n", time == NULL ? "-" : time->value, event->type, event->subject,
                cb_bytes_text(&text));
    fflush(out);
}

/* true when it was printed */
static bool show_message(const struct tail *tail, const struct cb_message *message, FILE *out)
{
    struct cb_envelope envelope;
    struct cb_error err = { 0 };
    int64_t sent = 0;
    const struct cb_bus_header *time = cb_message_header(message, "ce_time");
    if (time != NULL && cb_ce_time_parse(time->value, &sent) && sent < tail->since_unix_ms)
        return false;
    if (!cb_envelope_open(message, &envelope, &err)) {
        fprintf(stderr, "%s [%d] offset %" PRId64 ": %s\n", message->topic, message->partition,
                message->offset, err.text);
        return false;
    }
    if (tail->type != NULL && strcmp(tail->type, envelope.event.type) != 0)
        return false;
    print_event(tail, message, &envelope.event, out);
    return true;
}

static bool follow(struct ctl *ctl, struct cb_consumer *consumer, struct tail *tail, struct cb_error *err)
{
    int64_t patience_ms = ctl_args_int(&ctl->args, "timeout", -1) * 1000;
    int64_t heard_ms = cb_clock_monotonic_ms();
    while (tail->left != 0 && ferror(ctl->out) == 0) {
        cb_auto(cb_message_free) struct cb_message *message = NULL;
        if (!cb_consumer_poll(consumer, POLL_MS, &message, err) && err->kind != CB_ERR_TRANSIENT)
            return false;
        int64_t now = cb_clock_monotonic_ms();
        if (message != NULL && show_message(tail, message, ctl->out))
            tail->left -= tail->left > 0;
        if (message != NULL || !cb_consumer_is_assigned(consumer))
            heard_ms = message != NULL ? now : heard_ms;
        else if (patience_ms >= 0 && now - heard_ms > patience_ms)
            return true;
    }
    return true;
}

static bool tail_events(struct ctl *ctl, struct cb_error *err)
{
    const struct ctl_settings *settings = NULL;
    char *topics[MOST_TOPICS + 1] = { NULL };
    char id[CB_UUID_TEXT_SIZE];
    struct cb_bus_place place;
    struct cb_consumer *consumer = NULL;
    if (!ctl_settings_of(ctl, &settings, err))
        return false;
    struct tail tail = { .type = ctl_args_text(&ctl->args, "type", NULL),
                         .since_unix_ms = ctl_args_has(&ctl->args, "from-start") ? 0 : cb_clock_unix_ms(),
                         .left = ctl_args_int(&ctl->args, "limit", -1),
                         .json = ctl_args_has(&ctl->args, "json") };
    const struct cb_bus_config config = ctl_bus_config(settings);
    cb_uuid_new_text(id);
    cb_auto(cb_free) char *group = cb_xasprintf("calbus-tail-%s", id);
    bool done = choose_topics(ctl, topics, err);
    if (done && (!cb_bus_locate(&config, &place, err) ||
                 !cb_consumer_open(&config, &place, group, (const char *const *)topics, NULL, NULL, &consumer,
                                   err))) {
        ctl->exit = CTL_UNAVAILABLE;
        done = ctl_hint(ctl, "Start the suite with calbus up.");
    }
    done = done && follow(ctl, consumer, &tail, err);
    cb_consumer_close(consumer);
    for (size_t i = 0; topics[i] != NULL; i++)
        free(topics[i]);
    return done;
}

/* ---- dead letters ---- */

static const struct ctl_flag dead_letter_flags[] = {
    { "state", 0, CTL_FLAG_TEXT, "STATE", "list: open, retried, dropped or all; open unless given." },
    { "all", 0, CTL_FLAG_BOOL, NULL, "retry, drop: every open one." },
    { "by", 0, CTL_FLAG_TEXT, "PERSON", "retry, drop: who decides; the user's name unless given." },
    { NULL, 0, CTL_FLAG_BOOL, NULL, NULL },
};

static const struct ctl_column letter_columns[] = {
    { "id", "ID", CTL_COL_NUMBER },         { "created", "WHEN (UTC)", CTL_COL_TEXT },
    { "service", "SERVICE", CTL_COL_TEXT }, { "type", "TYPE", CTL_COL_TEXT },
    { "state", "STATE", CTL_COL_TEXT },     { "kind", "KIND", CTL_COL_TEXT },
    { "error", "ERROR", CTL_COL_TEXT },     { "topic", NULL, CTL_COL_TEXT },
    { "partition", NULL, CTL_COL_NUMBER },  { "offset", NULL, CTL_COL_NUMBER },
    { "key", NULL, CTL_COL_TEXT },          { "event_id", NULL, CTL_COL_TEXT },
    { "group", NULL, CTL_COL_TEXT },        { NULL, NULL, CTL_COL_TEXT },
};

static void add_letter(struct ctl_table *table, const struct cb_dead_letter *letter)
{
    char id[24], partition[24], offset[24];
    snprintf(id, sizeof id, "%" PRId64, letter->id);
    snprintf(partition, sizeof partition, "%" PRId64, letter->partition);
    snprintf(offset, sizeof offset, "%" PRId64, letter->offset);
    const char *cells[] = { id,           letter->created, letter->service, letter->type, letter->state,
                            letter->kind, letter->error,   letter->topic,   partition,    offset,
                            letter->key,  letter->ce_id,   letter->group };
    ctl_table_add(table, cells);
}

static bool list_letters(struct ctl *ctl, struct cb_error *err)
{
    struct cb_db *db = NULL;
    __attribute__((cleanup(cb_dead_letters_done_at_exit))) struct cb_dead_letters letters = { 0 };
    const char *state = ctl_args_text(&ctl->args, "state", "open");
    if (!ctl_db_of(ctl, &db, err) ||
        !cb_dead_letter_list(db, strcmp(state, "all") == 0 ? NULL : state,
                             ctl_args_int(&ctl->args, "limit", MOST_LETTERS), &letters, err))
        return false;
    cb_auto(ctl_table_free) struct ctl_table *table =
        ctl_table_new("calbus.event.dead-letter.list.v1", letter_columns);
    for (size_t i = 0; i < letters.count; i++)
        add_letter(table, &letters.list[i]);
    return ctl_print(ctl, table, err);
}

static bool read_id(struct ctl *ctl, const char *word, int64_t *ret_id, struct cb_error *err)
{
    char *end = NULL;
    long long id = word == NULL ? -1 : strtoll(word, &end, 10);
    if (word == NULL || end == word || *end != '\0' || id < 0)
        return ctl_refuse(ctl, CTL_USAGE, err, "\"%s\" is not the number of a dead letter",
                          word == NULL ? "" : word);
    *ret_id = id;
    return true;
}

static bool show_letter(struct ctl *ctl, struct cb_error *err)
{
    struct cb_db *db = NULL;
    int64_t id = 0;
    __attribute__((cleanup(cb_dead_letters_done_at_exit))) struct cb_dead_letters letters = { 0 };
    cb_auto(cb_free) char *headers = NULL;
    cb_auto(cb_free) char *value = NULL;
    if (!read_id(ctl, ctl_word(ctl, 1), &id, err) || !ctl_db_of(ctl, &db, err) ||
        !cb_dead_letter_show(db, id, &letters, &headers, &value, err))
        return false;
    cb_auto(ctl_table_free) struct ctl_table *table =
        ctl_table_new("calbus.event.dead-letter.show.v1", letter_columns);
    add_letter(table, &letters.list[0]);
    cb_auto_bytes struct cb_bytes quoted = CB_BYTES(LARGEST_EVENT);
    cb_json_add_text(&quoted, value, false);
    ctl_table_extra(table, "headers", headers);
    ctl_table_extra(table, "value_hex", cb_bytes_text(&quoted));
    if (!ctl_print(ctl, table, err))
        return false;
    if (!ctl_args_has(&ctl->args, "json") && !ctl_args_has(&ctl->args, "plain"))
        fprintf(ctl->out,
                "\nfrom     %s [%" PRId64 "] offset %" PRId64 ", key %s\nheaders  %s\nvalue    %s\n",
                letters.list[0].topic, letters.list[0].partition, letters.list[0].offset, letters.list[0].key,
                headers, value);
    return true;
}

typedef bool decide_one(struct cb_db *db, int64_t id, const char *actor, struct cb_error *err);

/* Those that were decided before one failed stay decided: partial success. */
static bool decide_all(struct ctl *ctl, struct cb_db *db, decide_one *decide, int *ret_n,
                       struct cb_error *err)
{
    __attribute__((cleanup(cb_dead_letters_done_at_exit))) struct cb_dead_letters letters = { 0 };
    size_t failed = 0;
    if (!cb_dead_letter_list(db, "open", MOST_LETTERS, &letters, err))
        return false;
    for (size_t i = letters.count; i-- > 0;) { /* oldest first */
        struct cb_error one = { 0 };
        if (decide(db, letters.list[i].id, ctl_person(ctl), &one)) {
            ++*ret_n;
            continue;
        }
        ctl_say(ctl, "dead letter %" PRId64 ": %s", letters.list[i].id, one.text);
        failed++;
    }
    if (failed == 0)
        return true;
    return ctl_refuse(ctl, *ret_n > 0 ? CTL_PARTIAL : CTL_FAILED, err, "%zu of %zu dead letters failed",
                      failed, letters.count);
}

static bool decide(struct ctl *ctl, decide_one *one, const char *done_word, struct cb_error *err)
{
    struct cb_db *db = NULL;
    int64_t id = 0;
    int n = 0;
    bool all = ctl_args_has(&ctl->args, "all");
    if (all != (ctl_word(ctl, 1) == NULL))
        return ctl_refuse(ctl, CTL_USAGE, err, "give the number of a dead letter, or --all");
    if ((!all && !read_id(ctl, ctl_word(ctl, 1), &id, err)) || !ctl_db_of(ctl, &db, err))
        return false;
    bool done = all ? decide_all(ctl, db, one, &n, err) : one(db, id, ctl_person(ctl), err);
    if (!all && done)
        n = 1;
    ctl_say(ctl, "%d dead letter%s %s", n, n == 1 ? "" : "s", done_word);
    return done;
}

static bool dead_letter(struct ctl *ctl, struct cb_error *err)
{
    const char *verb = ctl_word(ctl, 0);
    if (strcmp(verb, "list") == 0)
        return list_letters(ctl, err);
    if (strcmp(verb, "show") == 0)
        return show_letter(ctl, err);
    if (strcmp(verb, "retry") == 0)
        return decide(ctl, cb_dead_letter_retry, "given to its service again", err);
    if (strcmp(verb, "drop") == 0)
        return decide(ctl, cb_dead_letter_drop, "dropped", err);
    return ctl_refuse(ctl, CTL_USAGE, err, "unrecognized verb \"%s\"; there are list, show, retry and drop",
                      verb);
}

static const struct ctl_verb verbs[] = {
    { .name = "tail",
      .words = "",
      .summary = "Print events as they come; --json prints one object a line.",
      .examples = "calbus event tail --type generation.finished",
      .flags = tail_flags,
      .run = tail_events },
    { .name = "dead-letter",
      .words = "list | show ID | retry ID | drop ID",
      .summary = "Messages that could not be handled.",
      .examples = "calbus event dead-letter list\ncalbus event dead-letter show 7 --json\ncalbus event "
                  "dead-letter retry --all",
      .flags = dead_letter_flags,
      .least = 1,
      .most = 2,
      .run = dead_letter },
    { .run = NULL },
};
const struct ctl_noun noun_event = { "event", "What goes over the bus.", verbs, false };
