/* Messages that wait for their next attempt. */
#include "service/lanes.h"

#include "base/alloc.h"

#include <string.h>

struct waiting {
    struct cb_message *message;
    struct waiting *next;
};

struct lane {
    struct waiting *first, *last;
    unsigned attempts;
    int64_t due_ms;
    struct lane *next;
};

struct seen {
    char *topic;
    int32_t partition;
    int64_t next_offset;
};

struct cb_lanes {
    struct lane *lanes;
    size_t waiting;
    struct seen *seen;
    size_t seen_count;
};

int64_t cb_backoff_ms(unsigned attempt, double chance)
{
    int64_t base = attempt < 9 ? (int64_t)CB_BACKOFF_LEAST_MS << attempt : CB_BACKOFF_MOST_MS;
    if (base > CB_BACKOFF_MOST_MS)
        base = CB_BACKOFF_MOST_MS;
    return (int64_t)((double)base * (0.8 + 0.4 * chance));
}

struct cb_lanes *cb_lanes_new(void)
{
    return cb_xalloc(sizeof(struct cb_lanes));
}

static bool is_of(const struct lane *lane, const char *topic, int32_t partition)
{
    const struct cb_message *head = lane->first->message;
    return head->partition == partition && strcmp(head->topic, topic) == 0;
}

static struct lane *find_lane(const struct cb_lanes *lanes, const struct cb_message *message)
{
    for (struct lane *lane = lanes->lanes; lane != NULL; lane = lane->next) {
        const struct cb_message *head = lane->first->message;
        if (is_of(lane, message->topic, message->partition) && head->key_size == message->key_size &&
            memcmp(head->key, message->key, head->key_size) == 0)
            return lane;
    }
    return NULL;
}

bool cb_lanes_is_waiting(const struct cb_lanes *lanes, const struct cb_message *message)
{
    return find_lane(lanes, message) != NULL;
}

void cb_lanes_park(struct cb_lanes *lanes, struct cb_message *message, int64_t due_ms)
{
    struct waiting *waiting = cb_xalloc(sizeof *waiting);
    waiting->message = message;
    lanes->waiting++;
    struct lane *lane = find_lane(lanes, message);
    if (lane != NULL) {
        lane->last->next = waiting;
        lane->last = waiting;
        return;
    }
    lane = cb_xalloc(sizeof *lane);
    *lane = (struct lane){
        .first = waiting, .last = waiting, .attempts = 1, .due_ms = due_ms, .next = lanes->lanes
    };
    lanes->lanes = lane;
}

const struct cb_message *cb_lanes_due(struct cb_lanes *lanes, int64_t now_ms)
{
    const struct lane *earliest = NULL;
    for (const struct lane *lane = lanes->lanes; lane != NULL; lane = lane->next)
        if (lane->due_ms <= now_ms && (earliest == NULL || lane->due_ms < earliest->due_ms))
            earliest = lane;
    return earliest != NULL ? earliest->first->message : NULL;
}

int64_t cb_lanes_next_due(const struct cb_lanes *lanes)
{
    int64_t due_ms = INT64_MAX;
    for (const struct lane *lane = lanes->lanes; lane != NULL; lane = lane->next)
        due_ms = lane->due_ms < due_ms ? lane->due_ms : due_ms;
    return due_ms;
}

void cb_lanes_delay(struct cb_lanes *lanes, const struct cb_message *message, int64_t now_ms, double chance)
{
    struct lane *lane = find_lane(lanes, message);
    lane->due_ms = now_ms + cb_backoff_ms(lane->attempts, chance);
    lane->attempts++;
}

static void unlink_lane(struct cb_lanes *lanes, struct lane *lane)
{
    struct lane **slot = &lanes->lanes;
    while (*slot != lane)
        slot = &(*slot)->next;
    *slot = lane->next;
    free(lane);
}

static void drop_first(struct cb_lanes *lanes, struct lane *lane)
{
    struct waiting *first = lane->first;
    lane->first = first->next;
    cb_message_free(first->message);
    free(first);
    lanes->waiting--;
    if (lane->first == NULL)
        unlink_lane(lanes, lane);
}

void cb_lanes_drop(struct cb_lanes *lanes, const struct cb_message *message)
{
    struct lane *lane = find_lane(lanes, message);
    lane->attempts = 0;
    lane->due_ms = 0;
    drop_first(lanes, lane);
}

size_t cb_lanes_count(const struct cb_lanes *lanes)
{
    return lanes->waiting;
}

static struct seen *find_seen(const struct cb_lanes *lanes, const char *topic, int32_t partition)
{
    for (size_t i = 0; i < lanes->seen_count; i++)
        if (lanes->seen[i].partition == partition && strcmp(lanes->seen[i].topic, topic) == 0)
            return &lanes->seen[i];
    return NULL;
}

void cb_lanes_seen(struct cb_lanes *lanes, const char *topic, int32_t partition, int64_t offset)
{
    struct seen *seen = find_seen(lanes, topic, partition);
    if (seen == NULL) {
        lanes->seen = cb_xrealloc_array(lanes->seen, lanes->seen_count + 1, sizeof *lanes->seen);
        seen = &lanes->seen[lanes->seen_count++];
        *seen = (struct seen){ .topic = cb_xstrdup(topic), .partition = partition };
    }
    seen->next_offset = offset + 1;
}

int64_t cb_lanes_position(const struct cb_lanes *lanes, const char *topic, int32_t partition)
{
    const struct seen *seen = find_seen(lanes, topic, partition);
    if (seen == NULL)
        return -1;
    int64_t position = seen->next_offset;
    for (const struct lane *lane = lanes->lanes; lane != NULL; lane = lane->next)
        if (is_of(lane, topic, partition) && lane->first->message->offset < position)
            position = lane->first->message->offset;
    return position;
}

void cb_lanes_forget(struct cb_lanes *lanes, const char *topic, int32_t partition)
{
    for (struct lane *lane = lanes->lanes, *next = NULL; lane != NULL; lane = next) {
        next = lane->next;
        if (!is_of(lane, topic, partition))
            continue;
        while (lane->first->next != NULL)
            drop_first(lanes, lane);
        drop_first(lanes, lane);
    }
    struct seen *seen = find_seen(lanes, topic, partition);
    if (seen == NULL)
        return;
    free(seen->topic);
    *seen = lanes->seen[--lanes->seen_count];
}

void cb_lanes_forget_all(struct cb_lanes *lanes)
{
    while (lanes->seen_count > 0) {
        cb_auto(cb_free) char *topic = cb_xstrdup(lanes->seen[0].topic);
        cb_lanes_forget(lanes, topic, lanes->seen[0].partition);
    }
}

void cb_lanes_free(struct cb_lanes *lanes)
{
    if (lanes == NULL)
        return;
    cb_lanes_forget_all(lanes);
    free(lanes->seen);
    free(lanes);
}
