/* Parses plans: sections of "key = value" lines, each section a row of its table. */
#include "plan.h"

#include "base/alloc.h"
#include "base/tai.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 512 };
#define NIGHT_SEQ_NUM 1
#define NIGHT_BEGIN_S (INT64_C(20) * 3600)
#define LAMP_RMS 0.005 /* of the flux from exposure to exposure */

enum value_type { VALUE_TEXT, VALUE_INT, VALUE_REAL, VALUE_FLAG, VALUE_CLOCK, VALUE_TIME, VALUE_DETECTORS };

/* A key of a section and where its value goes. */
struct key {
    const char *name;
    enum value_type type;
    size_t offset;
    double min, max; /* of numbers */
};

#define NIGHT(field) offsetof(struct plan_night, field)
static const struct key night_keys[] = {
    { "day_obs", VALUE_INT, NIGHT(day_obs), 20100101, 20991231 },
    { "seq_num", VALUE_INT, NIGHT(seq_num), 1, 99999 },
    { "begin", VALUE_CLOCK, NIGHT(begin_s), 0, 0 },
    { "program", VALUE_TEXT, NIGHT(program), 0, 0 },
    { NULL, VALUE_TEXT, 0, 0, 0 },
};

#define SEQUENCE(field) offsetof(struct plan_sequence, field)
static const struct key sequence_keys[] = {
    { "type", VALUE_TEXT, SEQUENCE(type), 0, 0 },
    { "reason", VALUE_TEXT, SEQUENCE(reason), 0, 0 },
    { "filter", VALUE_TEXT, SEQUENCE(filter), 0, 0 },
    { "program", VALUE_TEXT, SEQUENCE(program), 0, 0 },
    { "count", VALUE_INT, SEQUENCE(count), 1, 10000 },
    { "seq_num", VALUE_INT, SEQUENCE(seq_num), 1, 99999 },
    { "exposure_s", VALUE_REAL, SEQUENCE(exposure_s), 0, 86400 },
    { "flux_e", VALUE_REAL, SEQUENCE(flux_e), 0, 1e7 },
    { "lamp_rms", VALUE_REAL, SEQUENCE(lamp_rms), 0, 0.5 },
    { "idle_s", VALUE_REAL, SEQUENCE(idle_s), 0, 86400 },
    { NULL, VALUE_TEXT, 0, 0, 0 },
};

#define EXPOSURE(field) offsetof(struct plan_exposure, field)
static const struct key exposure_keys[] = {
    { "index", VALUE_INT, EXPOSURE(index), 1, 10000 },
    { "exposure_s", VALUE_REAL, EXPOSURE(exposure_s), 0, 86400 },
    { "shutter_s", VALUE_REAL, EXPOSURE(shutter_s), 0, 86400 },
    { "dark_s", VALUE_REAL, EXPOSURE(dark_s), 0, 86400 },
    { "flux_e", VALUE_REAL, EXPOSURE(flux_e), 0, 1e7 },
    { "filter", VALUE_TEXT, EXPOSURE(filter), 0, 0 },
    { "group", VALUE_TEXT, EXPOSURE(group), 0, 0 },
    { "missing", VALUE_DETECTORS, EXPOSURE(missing), 0, 0 },
    { "plain", VALUE_FLAG, EXPOSURE(plain), 0, 0 },
    { NULL, VALUE_TEXT, 0, 0, 0 },
};

#define CHANGE(field) offsetof(struct plan_change, field)
static const struct key change_keys[] = {
    { "from", VALUE_TIME, CHANGE(from_tai_ns), 0, 0 },
    { "detector", VALUE_INT, CHANGE(detector), 0, PLAN_MAX_DETECTORS - 1 },
    { "amp", VALUE_TEXT, CHANGE(amp), 0, 0 },
    { "level_adu", VALUE_REAL, CHANGE(state.level_adu), -1e5, 1e5 },
    { "pedestal_adu", VALUE_REAL, CHANGE(state.pedestal_adu), -1e5, 1e5 },
    { "gain_factor", VALUE_REAL, CHANGE(state.gain_factor), 0.01, 100 },
    { "noise_factor", VALUE_REAL, CHANGE(state.noise_factor), 0, 100 },
    { "response_factor", VALUE_REAL, CHANGE(state.response_factor), 0, 100 },
    { NULL, VALUE_TEXT, 0, 0, 0 },
};

/* Where the parser stands. */
struct parser {
    const char *name;
    int line;
    struct plan *plan;
    const struct key *keys; /* of the section that is open; NULL before the first */
    void *target;           /* its row */
};

static bool parse_real(const char *text, double *ret_value)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

static bool parse_int(const char *text, int64_t *ret_value)
{
    double value;
    if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 15 || !parse_real(text, &value))
        return false;
    *ret_value = (int64_t)value;
    return true;
}

/* "hh:mm:ss" */
static bool parse_clock(const char *text, int64_t *ret_seconds)
{
    int64_t ns;
    char iso[64];
    snprintf(iso, sizeof iso, "1970-01-01T%s", text);
    if (!cb_iso_parse(iso, &ns) || ns < 0 || ns >= CB_NS_PER_DAY)
        return false;
    *ret_seconds = ns / CB_NS_PER_S;
    return true;
}

static bool parse_flag(const char *text, bool *ret_flag)
{
    *ret_flag = strcmp(text, "true") == 0;
    return *ret_flag || strcmp(text, "false") == 0;
}

/* One range "a" or "a..b" up to a comma or the end. */
static bool add_range(const char **text, struct detector_set *set)
{
    int bound[2] = { 0, 0 };
    for (int k = 0; k < 2; k++) {
        if (!isdigit((unsigned char)**text))
            return false;
        for (; isdigit((unsigned char)**text); (*text)++) {
            bound[k] = bound[k] * 10 + (**text - '0');
            if (bound[k] >= PLAN_MAX_DETECTORS)
                return false;
        }
        if (k == 0 && strncmp(*text, "..", 2) == 0)
            *text += 2;
        else if (k == 0) {
            bound[1] = bound[0];
            break;
        }
    }
    for (int i = bound[0]; i <= bound[1]; i++)
        set->detector[i] = true;
    return bound[0] <= bound[1];
}

bool detector_set_parse(const char *text, struct detector_set *ret_set, struct cb_error *err)
{
    struct detector_set set = { 0 };
    const char *p = text;
    for (;;) {
        if (!add_range(&p, &set))
            return cb_fail(err, CB_ERR_INVALID, "\"%s\" is no list of detectors 0 .. %d, as 0,4 or 0..3,8",
                           text, PLAN_MAX_DETECTORS - 1);
        if (*p == '\0')
            break;
        if (*p++ != ',')
            return cb_fail(err, CB_ERR_INVALID, "\"%s\" is no list of detectors, as 0,4 or 0..3,8", text);
    }
    *ret_set = set;
    return true;
}

static bool store_value(const struct key *key, const char *text, void *at)
{
    switch (key->type) {
    case VALUE_TEXT:
        snprintf(at, PLAN_NAME_SIZE, "%s", text);
        return text[0] != '\0' && strlen(text) < PLAN_NAME_SIZE;
    case VALUE_INT:
        return parse_int(text, at) && (double)*(int64_t *)at >= key->min &&
               (double)*(int64_t *)at <= key->max;
    case VALUE_REAL:
        return parse_real(text, at) && *(double *)at >= key->min && *(double *)at <= key->max;
    case VALUE_FLAG:
        return parse_flag(text, at);
    case VALUE_CLOCK:
        return parse_clock(text, at);
    case VALUE_TIME:
        return cb_iso_parse(text, at);
    case VALUE_DETECTORS:
        return detector_set_parse(text, at, NULL);
    }
    return false;
}

static bool set_key(struct parser *parser, const char *name, const char *value, struct cb_error *err)
{
    if (parser->keys == NULL)
        return cb_fail(err, CB_ERR_INVALID, "%s:%d: \"%s\" stands before the first section", parser->name,
                       parser->line, name);
    const struct key *key = parser->keys;
    while (key->name != NULL && strcmp(key->name, name) != 0)
        key++;
    if (key->name == NULL)
        return cb_fail(err, CB_ERR_INVALID, "%s:%d: key \"%s\" does not belong to this section", parser->name,
                       parser->line, name);
    if (!store_value(key, value, (char *)parser->target + key->offset))
        return cb_fail(err, CB_ERR_INVALID, "%s:%d: value \"%s\" of \"%s\" is not one", parser->name,
                       parser->line, value, name);
    if (key->type == VALUE_TIME)
        ((struct plan_change *)parser->target)->from_night = false;
    return true;
}

static struct plan_night *last_night(const struct plan *plan)
{
    return plan->nights > 0 ? &plan->night[plan->nights - 1] : NULL;
}

static bool open_night(struct parser *parser)
{
    struct plan *plan = parser->plan;
    plan->night = cb_xrealloc_array(plan->night, plan->nights + 1, sizeof *plan->night);
    plan->night[plan->nights++] = (struct plan_night){ .seq_num = NIGHT_SEQ_NUM, .begin_s = NIGHT_BEGIN_S };
    parser->keys = night_keys;
    parser->target = last_night(plan);
    return true;
}

static bool open_sequence(struct parser *parser)
{
    struct plan_night *night = last_night(parser->plan);
    if (night == NULL)
        return false;
    night->sequence = cb_xrealloc_array(night->sequence, night->sequences + 1, sizeof *night->sequence);
    night->sequence[night->sequences] = (struct plan_sequence){ .count = 1, .lamp_rms = LAMP_RMS };
    parser->keys = sequence_keys;
    parser->target = &night->sequence[night->sequences++];
    return true;
}

static bool open_exposure(struct parser *parser)
{
    struct plan_night *night = last_night(parser->plan);
    if (night == NULL || night->sequences == 0)
        return false;
    struct plan_sequence *sequence = &night->sequence[night->sequences - 1];
    sequence->exposure =
        cb_xrealloc_array(sequence->exposure, sequence->exposures + 1, sizeof *sequence->exposure);
    sequence->exposure[sequence->exposures] =
        (struct plan_exposure){ .exposure_s = NAN, .shutter_s = NAN, .dark_s = NAN, .flux_e = NAN };
    parser->keys = exposure_keys;
    parser->target = &sequence->exposure[sequence->exposures++];
    return true;
}

static bool open_change(struct parser *parser)
{
    struct plan *plan = parser->plan;
    if (plan->nights == 0)
        return false;
    plan->change = cb_xrealloc_array(plan->change, plan->changes + 1, sizeof *plan->change);
    plan->change[plan->changes] = (struct plan_change){
        .from_night = true, .night = plan->nights - 1, .detector = -1, .state = cb_sim_state_unchanged()
    };
    parser->keys = change_keys;
    parser->target = &plan->change[plan->changes++];
    return true;
}

static const struct {
    const char *header;
    bool (*open)(struct parser *parser);
    const char *place;
} sections[] = {
    { "[night]", open_night, "anywhere" },
    { "[sequence]", open_sequence, "after a [night]" },
    { "[exposure]", open_exposure, "after a [sequence]" },
    { "[change]", open_change, "after a [night]" },
};

static bool open_section(struct parser *parser, const char *line, struct cb_error *err)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (strcmp(line, sections[i].header) != 0)
            continue;
        if (sections[i].open(parser))
            return true;
        return cb_fail(err, CB_ERR_INVALID, "%s:%d: %s stands only %s", parser->name, parser->line, line,
                       sections[i].place);
    }
    return cb_fail(err, CB_ERR_INVALID,
                   "%s:%d: section \"%s\" is not one of [night], [sequence], [exposure], "
                   "[change]",
                   parser->name, parser->line, line);
}

/* A comment starts at a # that begins the line or follows a blank. */
static void cut_comment(char *line)
{
    for (char *p = line; *p != '\0'; p++)
        if (*p == '#' && (p == line || isspace((unsigned char)p[-1]))) {
            *p = '\0';
            return;
        }
}

/* Cut blanks off either end. */
static char *trim(char *line)
{
    while (isspace((unsigned char)*line))
        line++;
    size_t size = strlen(line);
    while (size > 0 && isspace((unsigned char)line[size - 1]))
        line[--size] = '\0';
    return line;
}

static bool parse_line(struct parser *parser, char *line, struct cb_error *err)
{
    cut_comment(line);
    char *text = trim(line);
    if (text[0] == '\0')
        return true;
    if (text[0] == '[')
        return open_section(parser, text, err);
    char *equals = strchr(text, '=');
    if (equals == NULL)
        return cb_fail(err, CB_ERR_INVALID, "%s:%d: \"%s\" is neither a section nor key = value",
                       parser->name, parser->line, text);
    *equals = '\0';
    return set_key(parser, trim(text), trim(equals + 1), err);
}

static bool parse_lines(struct parser *parser, const char *text, struct cb_error *err)
{
    while (*text != '\0') {
        char line[LINE_SIZE];
        size_t size = strcspn(text, "\n");
        parser->line++;
        if (size >= sizeof line)
            return cb_fail(err, CB_ERR_INVALID, "%s:%d: line is longer than %d characters", parser->name,
                           parser->line, LINE_SIZE - 1);
        memcpy(line, text, size);
        line[size] = '\0';
        if (!parse_line(parser, line, err))
            return false;
        text += size + (text[size] == '\n');
    }
    return true;
}

static bool check_sequence(const char *name, const struct plan_sequence *sequence, struct cb_error *err)
{
    bool flat = strcmp(sequence->type, "flat") == 0;
    if (!flat && strcmp(sequence->type, "bias") != 0 && strcmp(sequence->type, "dark") != 0)
        return cb_fail(err, CB_ERR_INVALID, "%s: type \"%s\" of a sequence is not bias, dark or flat", name,
                       sequence->type);
    if (flat && (sequence->filter[0] == '\0' || !(sequence->flux_e > 0)))
        return cb_fail(err, CB_ERR_INVALID, "%s: a sequence of flats needs filter and flux_e", name);
    if (!flat && sequence->flux_e > 0)
        return cb_fail(err, CB_ERR_INVALID, "%s: a sequence of type %s has no flux_e", name, sequence->type);
    for (size_t i = 0; i < sequence->exposures; i++)
        if (sequence->exposure[i].index < 1 || sequence->exposure[i].index > sequence->count)
            return cb_fail(err, CB_ERR_INVALID, "%s: index %lld of an exposure is not in 1 .. %lld", name,
                           (long long)sequence->exposure[i].index, (long long)sequence->count);
    return true;
}

static bool is_amp(const char *text)
{
    return strlen(text) == 3 && text[0] == 'C' && (text[1] == '0' || text[1] == '1') && text[2] >= '0' &&
           text[2] <= '7';
}

static bool check_plan(const char *name, const struct plan *plan, struct cb_error *err)
{
    int64_t start;
    size_t sequences = 0;
    for (size_t i = 0; i < plan->nights; i++) {
        if (!cb_day_obs_start((int)plan->night[i].day_obs, &start))
            return cb_fail(err, CB_ERR_INVALID, "%s: day_obs %lld of a night is no date", name,
                           (long long)plan->night[i].day_obs);
        for (size_t k = 0; k < plan->night[i].sequences; k++, sequences++)
            if (!check_sequence(name, &plan->night[i].sequence[k], err))
                return false;
    }
    for (size_t i = 0; i < plan->changes; i++)
        if (plan->change[i].detector < 0 || !is_amp(plan->change[i].amp))
            return cb_fail(err, CB_ERR_INVALID, "%s: a change needs detector and amp (C00 .. C17)", name);
    if (sequences == 0)
        return cb_fail(err, CB_ERR_INVALID, "%s: no sequence of exposures", name);
    return true;
}

bool plan_parse(const char *text, const char *name, struct plan **ret_plan, struct cb_error *err)
{
    cb_auto(plan_free) struct plan *plan = cb_xalloc(sizeof *plan);
    struct parser parser = { .name = name, .plan = plan };
    if (!parse_lines(&parser, text, err) || !check_plan(name, plan, err))
        return false;
    *ret_plan = cb_steal(plan);
    return true;
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->nights; i++) {
        for (size_t k = 0; k < plan->night[i].sequences; k++)
            free(plan->night[i].sequence[k].exposure);
        free(plan->night[i].sequence);
    }
    free(plan->night);
    free(plan->change);
    free(plan);
}
