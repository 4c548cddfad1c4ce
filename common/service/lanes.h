/* Messages that wait for their next attempt, in order per key, and how far each partition is done.
 *
 * A lane is a key of a partition that has a message to be tried again; what comes later for that key queues
 * up behind it, other keys go on. The position of a partition is the oldest offset not done. */
#pragma once

#include "io/bus.h"

#include <stdbool.h>
#include <stdint.h>

enum { CB_BACKOFF_LEAST_MS = 100, CB_BACKOFF_MOST_MS = 30000 };

/* Time to wait before attempt number n (0, 1, ...): 100 ms doubling to 30 s, +-20 %; chance in [0, 1). */
int64_t cb_backoff_ms(unsigned attempt, double chance);

struct cb_lanes;
struct cb_lanes *cb_lanes_new(void);
void cb_lanes_free(struct cb_lanes *lanes);
CB_DEFINE_CLEANUP(struct cb_lanes *, cb_lanes_free)

/* Is the message's key waiting? Then it must queue up. */
bool cb_lanes_is_waiting(const struct cb_lanes *lanes, const struct cb_message *message);
/* Park a message at the end of its key's lane; a new lane is due at due_ms. Takes the message. */
void cb_lanes_park(struct cb_lanes *lanes, struct cb_message *message, int64_t due_ms);
/* The first message of a lane that is due, NULL if none. Borrowed until done, delay or forget. */
const struct cb_message *cb_lanes_due(struct cb_lanes *lanes, int64_t now_ms);
/* It failed again: its lane waits longer. */
void cb_lanes_delay(struct cb_lanes *lanes, const struct cb_message *message, int64_t now_ms, double chance);
/* It is done: freed; the next of the lane is due at once. */
void cb_lanes_drop(struct cb_lanes *lanes, const struct cb_message *message);
/* When the next lane is due; INT64_MAX when none waits. */
int64_t cb_lanes_next_due(const struct cb_lanes *lanes);
size_t cb_lanes_count(const struct cb_lanes *lanes);

/* A message was taken from the broker (done or parked). */
void cb_lanes_seen(struct cb_lanes *lanes, const char *topic, int32_t partition, int64_t offset);
/* The offset to commit for a partition, -1 when nothing was seen of it. */
int64_t cb_lanes_position(const struct cb_lanes *lanes, const char *topic, int32_t partition);
/* Forget a partition: its messages belong to somebody else now. */
void cb_lanes_forget(struct cb_lanes *lanes, const char *topic, int32_t partition);
void cb_lanes_forget_all(struct cb_lanes *lanes);
