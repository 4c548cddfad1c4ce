/* How long to wait after a failure. */
#include "jobs.h"

int64_t retry_pause_ms(const struct distributor_config *config, int64_t failures)
{
    int64_t pause_ms = config->retry_ms;
    for (int64_t i = 1; i < failures && pause_ms < config->retry_most_ms; i++)
        pause_ms *= 2;
    return pause_ms < config->retry_most_ms ? pause_ms : config->retry_most_ms;
}
