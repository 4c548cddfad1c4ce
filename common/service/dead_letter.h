/* Dead letters: messages that could not be handled, kept for a person to look at. */
#pragma once

#include "base/bytes.h"
#include "io/bus.h"
#include "io/db.h"
#include "service/service.h"

/* Keep a message that a group cannot handle: a row of calbus.dead_letter, an event on calbus.dead-letter.v1,
 * and the inbox mark, in the open transaction of db. event is NULL when the envelope could not be read. Does
 * nothing when the group has handled the event before. incarnation is the broker's. */
CB_MUST_CHECK bool cb_dead_letter_put(struct cb_db *db, const char *service, const char *group,
                                      const struct cb_message *message, const struct cb_event *event,
                                      const char *incarnation, const struct cb_error *why,
                                      struct cb_error *err);

/* One dead letter as a person sees it. Texts live in the list. */
struct cb_dead_letter {
    int64_t id;
    const char *service, *group, *topic, *key, *ce_id, *type, *kind, *error, *state, *created;
    int64_t partition, offset;
};
struct cb_dead_letters {
    struct cb_rows *rows;
    struct cb_dead_letter *list;
    size_t count;
};
void cb_dead_letters_done(struct cb_dead_letters *letters);
static inline void cb_dead_letters_done_at_exit(struct cb_dead_letters *letters)
{
    cb_dead_letters_done(letters);
}
/* Newest first, at most limit. state: "open", "retried", "dropped" or NULL for all. */
CB_MUST_CHECK bool cb_dead_letter_list(struct cb_db *db, const char *state, int64_t limit,
                                       struct cb_dead_letters *ret_letters, struct cb_error *err);
/* Everything of one, its headers as a JSON object and its value in hex. Errors: CB_ERR_NOT_FOUND. */
CB_MUST_CHECK bool cb_dead_letter_show(struct cb_db *db, int64_t id, struct cb_dead_letters *ret_letter,
                                       char **ret_headers, char **ret_value_hex, struct cb_error *err);
/* Give it to its group once more: takes its mark away and publishes the message again, with its own id. In a
 * transaction of its own. Errors: CB_ERR_NOT_FOUND; CB_ERR_CONFLICT it is not open, or the message has no
 * envelope that could ever be handled. */
CB_MUST_CHECK bool cb_dead_letter_retry(struct cb_db *db, int64_t id, const char *actor,
                                        struct cb_error *err);
/* Nothing will be done about it. Errors: CB_ERR_NOT_FOUND; CB_ERR_CONFLICT it is not open. */
CB_MUST_CHECK bool cb_dead_letter_drop(struct cb_db *db, int64_t id, const char *actor, struct cb_error *err);
