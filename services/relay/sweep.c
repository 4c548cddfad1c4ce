/* Looking after what was published: settled events, lost ones, old partitions. */
#include "relay.h"

#include "base/log.h"
#include "service/topics.h"
#include "sql.h"

#include <string.h>

enum { KEEP_DAYS = 14, IDENTIFY_MS = 2000 };

bool settle_events(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    (void)self;
    (void)ret_again;
    /* A group that subscribes now waits for us, and then finds what we have settled. */
    return cb_db_script(db, "LOCK TABLE calbus.subscription IN SHARE MODE", err) &&
           cb_db_run(db, sql_settle_events, CB_P0, NULL, err);
}

/* One group's unhandled events in one partition: are they still to be read there? */
static bool check_place(struct cb_db *db, struct cb_bus_view *view, const struct cb_bus_place *place,
                        const struct cb_rows *places, size_t row, struct cb_error *err)
{
    const char *group = cb_rows_text(places, row, 0), *topic = cb_rows_text(places, row, 1);
    int32_t partition = (int32_t)cb_rows_int(places, row, 2);
    int64_t committed = -1, first = 0, end = 0;
    cb_auto(cb_rows_free) struct cb_rows *lost = NULL;
    /* The commit is read before the marks: what was committed had its mark by then. */
    if (!cb_bus_committed(view, topic, partition, &committed, err) ||
        !cb_bus_log_range(view, topic, partition, &first, &end, err) ||
        !cb_db_run(db, sql_republish_lost,
                   CB_P(cb_p_text(place->incarnation), cb_p_text(group), cb_p_text(topic),
                        cb_p_int(partition), cb_p_int(first), cb_p_int(end), cb_p_int(committed)),
                   &lost, err))
        return false;
    if (cb_rows_count(lost) > 0)
        cb_log(CB_WARN, "lost events will be published again", cb_int("events", cb_rows_count(lost)),
               cb_str("group", group), cb_str("topic", topic), cb_int("partition", partition));
    return true;
}

static bool check_places(const struct relay *relay, struct cb_db *db, const struct cb_bus_place *place,
                         const struct cb_rows *places, struct cb_error *err)
{
    cb_auto(cb_bus_view_close) struct cb_bus_view *view = NULL;
    const char *group = "";
    for (size_t row = 0; row < cb_rows_count(places) && !cb_service_is_stopping(); row++) {
        if (strcmp(group, cb_rows_text(places, row, 0)) != 0) {
            group = cb_rows_text(places, row, 0);
            cb_bus_view_close(cb_steal(view));
            if (!cb_bus_view_open(&relay->bus, place, group, &view, err))
                return false;
        }
        if (!check_place(db, view, place, places, row, err))
            return false;
    }
    return true;
}

static bool locate(const struct relay *relay, struct cb_bus_place *ret_place, struct cb_error *err)
{
    cb_auto(cb_bus_view_close) struct cb_bus_view *view = NULL;
    return cb_bus_locate(&relay->bus, ret_place, err) &&
           cb_bus_view_open(&relay->bus, ret_place, NULL, &view, err) &&
           cb_bus_identify(view, ret_place, IDENTIFY_MS, err);
}

bool find_lost(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    (void)ret_again;
    const struct relay *relay = self;
    struct cb_bus_place place;
    struct cb_error away = { .kind = CB_ERR_NONE };
    cb_auto(cb_rows_free) struct cb_rows *only = NULL;
    cb_auto(cb_rows_free) struct cb_rows *places = NULL;
    if (!cb_db_run(db, "SELECT pg_try_advisory_xact_lock(1667329123)", CB_P0, &only, err))
        return false;
    if (!cb_rows_bool(only, 0, 0) || !locate(relay, &place, &away))
        return true; /* another relay looks, or there is no broker to ask */
    if (!cb_db_run(db, sql_list_waiting_places,
                   CB_P(cb_p_text(place.incarnation), cb_p_double((double)relay->config.grace_ms / 1e3)),
                   &places, err))
        return false;
    return check_places(relay, db, &place, places, err);
}

bool maintain_partitions(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    (void)self;
    (void)ret_again;
    int64_t longest_ms = 0;
    for (const struct cb_topic *topic = cb_topics; topic->name != NULL; topic++)
        longest_ms = topic->retention_ms > longest_ms ? topic->retention_ms : longest_ms;
    int64_t days = longest_ms / 86400000;
    return cb_db_run(db, sql_maintain_partitions, CB_P(cb_p_int(days > KEEP_DAYS ? days : KEEP_DAYS)), NULL,
                     err);
}
