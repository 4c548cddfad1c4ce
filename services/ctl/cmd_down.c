/* calbus down: stop the suite; what it has stored stays. */
#include "commands.h"
#include "suite.h"

#include <unistd.h>

static bool down(struct ctl *ctl, struct cb_error *err)
{
    struct ctl_suite suite;
    int lock = ctl_suite_lock(ctl, err);
    if (lock < 0)
        return false;
    ctl_suite_read(&ctl->layout, &suite);
    bool was_up = ctl_suite_is_up(&suite);
    bool stopped = ctl_suite_stop(ctl, err);
    close(lock);
    if (stopped)
        ctl_say(ctl, was_up ? "calbus is down; its state stays in %s" : "calbus was not up (%s)",
                ctl->layout.home);
    return stopped;
}

static const struct ctl_verb verbs[] = {
    { .name = NULL,
      .words = "",
      .summary = "Stop the services, then the broker, then the database.",
      .examples = "calbus down",
      .run = down },
    { .run = NULL },
};
const struct ctl_noun noun_down = { "down", "Stop the suite.", verbs, false };
