/* Receivers of notifications, from the setting [alarm] webhooks. */
#include "alarm.h"
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

void free_receivers(struct receiver *receivers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(receivers[i].name);
        free(receivers[i].url);
    }
    free(receivers);
}

bool parse_receivers(const char *text, struct receiver **ret_receivers, size_t *ret_count,
                     struct cb_error *err)
{
    struct receiver *receivers = NULL;
    size_t count = 0;
    for (const char *at = text + strspn(text, ", "); *at != '\0'; at += strspn(at, ", ")) {
        size_t length = strcspn(at, ", ");
        const char *equals = memchr(at, '=', length);
        bool is_url = equals != NULL && equals > at &&
                      (strncmp(equals + 1, "http://", 7) == 0 || strncmp(equals + 1, "https://", 8) == 0);
        if (!is_url) {
            free_receivers(receivers, count);
            return cb_fail(err, CB_ERR_INVALID, "setting alarm.webhooks: \"%.*s\" is not NAME=http(s)://...",
                           (int)length, at);
        }
        receivers = cb_xrealloc_array(receivers, count + 1, sizeof *receivers);
        receivers[count].name = cb_xstrndup(at, (size_t)(equals - at));
        receivers[count++].url = cb_xstrndup(equals + 1, (size_t)(at + length - equals - 1));
        at += length;
    }
    *ret_receivers = receivers;
    *ret_count = count;
    return true;
}
