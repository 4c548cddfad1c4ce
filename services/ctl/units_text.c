/* The list of a suite's processes as text. */
#include "units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const state_names[] = { "idle", "running", "waiting", "stopped" };

const char *ctl_unit_state_name(enum ctl_unit_state state)
{
    return state_names[state];
}

static bool parse_state(const char *name, enum ctl_unit_state *ret_state)
{
    for (unsigned i = 0; i < sizeof state_names / sizeof *state_names; i++)
        if (strcmp(state_names[i], name) == 0) {
            *ret_state = (enum ctl_unit_state)i;
            return true;
        }
    return false;
}

void ctl_suite_format(const struct ctl_suite *suite, struct cb_bytes *out)
{
    cb_bytes_printf(out, "suite %s %d %" PRIu64 "\n", suite->broker, (int)suite->supervisor.id,
                    suite->supervisor.started_ticks);
    for (size_t i = 0; i < suite->n_units; i++) {
        const struct ctl_unit *unit = &suite->units[i];
        cb_bytes_printf(out, "unit %s %s %d %" PRIu64 " %" PRId64 " %d %d\n", unit->name,
                        ctl_unit_state_name(unit->state), (int)unit->process.id, unit->process.started_ticks,
                        unit->since_unix_ms, unit->restarts, unit->last_status);
    }
}

static bool parse_unit(const char *line, struct ctl_unit *ret_unit)
{
    struct ctl_unit unit = { 0 };
    char state[16];
    int id = 0;
    if (sscanf(line, "unit %47s %15s %d %" SCNu64 " %" SCNd64 " %d %d", unit.name, state, &id,
               &unit.process.started_ticks, &unit.since_unix_ms, &unit.restarts, &unit.last_status) != 7 ||
        !parse_state(state, &unit.state))
        return false;
    unit.process.id = id;
    *ret_unit = unit;
    return true;
}

bool ctl_suite_parse(const char *text, struct ctl_suite *ret_suite)
{
    struct ctl_suite suite = { 0 };
    int id = 0;
    if (sscanf(text, "suite %15s %d %" SCNu64, suite.broker, &id, &suite.supervisor.started_ticks) != 3)
        return false;
    suite.supervisor.id = id;
    for (const char *line = strchr(text, '\n'); line != NULL && line[1] != '\0';
         line = strchr(line + 1, '\n'))
        if (suite.n_units == CTL_MOST_UNITS || !parse_unit(line + 1, &suite.units[suite.n_units++]))
            return false;
    *ret_suite = suite;
    return true;
}

const struct ctl_unit *ctl_suite_find(const struct ctl_suite *suite, const char *name)
{
    for (size_t i = 0; i < suite->n_units; i++)
        if (strcmp(suite->units[i].name, name) == 0)
            return &suite->units[i];
    return NULL;
}
