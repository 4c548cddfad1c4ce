/* The list of a suite's processes as text. */
#include "units.h"

#include "scan.h"

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

/* A word of up to size - 1 characters at *at, which moves behind it. */
static bool scan_word(const char **at, char *ret_word, size_t size)
{
    *at += strspn(*at, " ");
    size_t length = strcspn(*at, " \n");
    if (length == 0 || length >= size)
        return false;
    memcpy(ret_word, *at, length);
    ret_word[length] = '\0';
    *at += length;
    return true;
}

static bool scan_number(const char **at, int64_t *ret_value)
{
    const char *end = **at == '\n' ? NULL : ctl_scan_int(*at, ret_value);
    if (end == NULL)
        return false;
    *at = end;
    return true;
}

/* "unit NAME STATE PID TICKS SINCE RESTARTS STATUS" */
static bool parse_unit(const char *at, struct ctl_unit *ret_unit)
{
    struct ctl_unit unit = { 0 };
    char kind[8], state[16];
    int64_t number[5];
    if (!scan_word(&at, kind, sizeof kind) || strcmp(kind, "unit") != 0 ||
        !scan_word(&at, unit.name, sizeof unit.name) || !scan_word(&at, state, sizeof state) ||
        !parse_state(state, &unit.state))
        return false;
    for (size_t i = 0; i < sizeof number / sizeof *number; i++)
        if (!scan_number(&at, &number[i]))
            return false;
    unit.process = (struct ctl_process){ .id = (pid_t)number[0], .started_ticks = (uint64_t)number[1] };
    unit.since_unix_ms = number[2];
    unit.restarts = (int)number[3];
    unit.last_status = (int)number[4];
    *ret_unit = unit;
    return true;
}

/* "suite BROKER PID TICKS", then a line for each unit */
bool ctl_suite_parse(const char *text, struct ctl_suite *ret_suite)
{
    struct ctl_suite suite = { 0 };
    char kind[8];
    int64_t id = 0, ticks = 0;
    if (!scan_word(&text, kind, sizeof kind) || strcmp(kind, "suite") != 0 ||
        !scan_word(&text, suite.broker, sizeof suite.broker) || !scan_number(&text, &id) ||
        !scan_number(&text, &ticks))
        return false;
    suite.supervisor = (struct ctl_process){ .id = (pid_t)id, .started_ticks = (uint64_t)ticks };
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
