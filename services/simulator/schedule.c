/* Lays out the exposures of a plan. */
#include "schedule.h"

#include "base/alloc.h"
#include "base/tai.h"
#include "calib/simulate_steps.h"
#include "domain/instrument.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READOUT_NS (2400 * INT64_C(1000000)) /* from the end of an exposure to the next */
#define BIAS_DARK_S 0.0313                   /* dark time of a bias: from clear to read-out */
#define EXTRA_DARK_S 0.4306                  /* dark time beyond the exposure time; both as in real headers */
#define NOON_S (INT64_C(12) * 3600)
enum { SEQ_NUM_MAX = 99999 };

struct clock {
    int64_t now_tai_ns;
    int seq_num;
};

static void choose_group(struct shot *shot, const char *wanted, int64_t first_tai_ns)
{
    char begin[CB_ISO_SIZE];
    cb_iso_format(first_tai_ns, 3, 'T', begin);
    if (wanted != NULL && wanted[0] != '\0')
        snprintf(shot->group, sizeof shot->group, "%s", wanted);
    else if (shot->index == 1)
        snprintf(shot->group, sizeof shot->group, "%s", begin);
    else
        snprintf(shot->group, sizeof shot->group, "%s#%d", begin, shot->index);
}

static double choose(double wanted, double usual)
{
    return isnan(wanted) ? usual : wanted;
}

static const struct plan_exposure *find_exposure(const struct plan_sequence *sequence, int index)
{
    for (size_t i = 0; i < sequence->exposures; i++)
        if (sequence->exposure[i].index == index)
            return &sequence->exposure[i];
    return NULL;
}

/* Light and times of an exposure; special is NULL for an ordinary one. */
static void choose_light(const struct plan_sequence *sequence, const struct plan_exposure *special,
                         uint64_t seed, struct shot *shot)
{
    static const struct plan_exposure ordinary = {
        .exposure_s = NAN, .shutter_s = NAN, .dark_s = NAN, .flux_e = NAN
    };
    const struct plan_exposure *own = special != NULL ? special : &ordinary;
    bool bias = strcmp(shot->type, "bias") == 0, flat = strcmp(shot->type, "flat") == 0;
    struct cb_random lamp = cb_random_of(seed, shot->exposure_id, 0, 0, CB_SIM_STEP_LAMP);
    double scatter = flat ? 1.0 + sequence->lamp_rms * cb_random_normal(&lamp, 0) : 1.0;
    shot->exposure_s = bias ? 0.0 : choose(own->exposure_s, sequence->exposure_s);
    shot->shutter_s = choose(own->shutter_s, flat ? shot->exposure_s : 0.0);
    shot->dark_s =
        choose(own->dark_s, bias ? BIAS_DARK_S : fmax(shot->exposure_s, shot->shutter_s) + EXTRA_DARK_S);
    shot->flux_e = choose(own->flux_e, sequence->flux_e) * fmax(0.0, scatter);
    shot->missing = own->missing;
    shot->plain = own->plain;
}

static bool choose_filter(const struct cb_instrument *instrument, const char *filter, struct shot *shot,
                          struct cb_error *err)
{
    char band[CB_FILTER_NAME_SIZE];
    snprintf(shot->filter, sizeof shot->filter, "%s", filter[0] != '\0' ? filter : "r_03");
    if (!cb_instrument_band(instrument, shot->filter, band, err))
        return cb_fail(err, CB_ERR_INVALID, "%s has no filter \"%s\"", instrument->name, shot->filter);
    snprintf(shot->band, sizeof shot->band, "%s", band);
    return true;
}

static void name_shot(const struct plan_night *night, const struct plan_sequence *sequence, struct shot *shot)
{
    shot->exposure_id = (uint64_t)shot->day_obs * 100000 + (uint64_t)shot->seq_num;
    snprintf(shot->obsid, sizeof shot->obsid, "CC_O_%08d_%06d", shot->day_obs, shot->seq_num);
    snprintf(shot->type, sizeof shot->type, "%s", sequence->type);
    snprintf(shot->reason, sizeof shot->reason, "%s",
             sequence->reason[0] != '\0' ? sequence->reason : sequence->type);
    snprintf(shot->program, sizeof shot->program, "%s",
             sequence->program[0] != '\0' ? sequence->program : night->program);
}

struct layout {
    const struct cb_instrument *instrument;
    uint64_t seed;
    struct schedule *schedule;
};

static bool add_sequence(struct layout *layout, const struct plan_night *night,
                         const struct plan_sequence *sequence, int day_obs, struct clock *clock,
                         struct cb_error *err)
{
    struct schedule *schedule = layout->schedule;
    clock->now_tai_ns += (int64_t)llround(sequence->idle_s * (double)CB_NS_PER_S);
    if (sequence->seq_num > 0)
        clock->seq_num = (int)sequence->seq_num;
    const int64_t first = clock->now_tai_ns;
    for (int index = 1; index <= sequence->count; index++) {
        if (clock->seq_num > SEQ_NUM_MAX)
            return cb_fail(err, CB_ERR_INVALID, "night %d has sequence numbers above %d", day_obs,
                           SEQ_NUM_MAX);
        const struct plan_exposure *special = find_exposure(sequence, index);
        struct shot shot = { .day_obs = day_obs,
                             .seq_num = clock->seq_num++,
                             .index = index,
                             .count = (int)sequence->count,
                             .begin_tai_ns = clock->now_tai_ns };
        name_shot(night, sequence, &shot);
        choose_light(sequence, special, layout->seed, &shot);
        choose_group(&shot, special != NULL ? special->group : NULL, first);
        const char *filter =
            special != NULL && special->filter[0] != '\0' ? special->filter : sequence->filter;
        if (!choose_filter(layout->instrument, filter, &shot, err))
            return false;
        clock->now_tai_ns += (int64_t)llround(shot.dark_s * 1e6) * 1000 + READOUT_NS;
        schedule->shot = cb_xrealloc_array(schedule->shot, schedule->shots + 1, sizeof *schedule->shot);
        schedule->shot[schedule->shots++] = shot;
    }
    return true;
}

static int64_t night_start(int64_t day_obs)
{
    int64_t start = 0;
    return cb_day_obs_start((int)day_obs, &start) ? start : 0;
}

/* A time of day after noon belongs to the day itself, one before noon to the next calendar day. */
static int64_t night_begin(int64_t start_tai_ns, int64_t clock_s)
{
    int64_t after_noon_s = clock_s >= NOON_S ? clock_s - NOON_S : clock_s + NOON_S;
    return start_tai_ns + after_noon_s * CB_NS_PER_S;
}

static bool add_night(struct layout *layout, const struct plan_night *night, int64_t shift_ns, int seq_num,
                      struct cb_error *err)
{
    int64_t start = night_start(night->day_obs) + shift_ns;
    struct clock clock = { .now_tai_ns = night_begin(start, night->begin_s),
                           .seq_num = seq_num > 0 ? seq_num : (int)night->seq_num };
    for (size_t i = 0; i < night->sequences; i++)
        if (!add_sequence(layout, night, &night->sequence[i], cb_day_obs(start), &clock, err))
            return false;
    return true;
}

static size_t amp_index(const char *name)
{
    size_t amp = 0;
    while (amp + 1 < CB_MAX_SEGMENTS && strcmp(cb_sim_amp_name(amp), name) != 0)
        amp++;
    return amp;
}

static void add_changes(const struct plan *plan, int64_t shift_ns, struct schedule *schedule)
{
    schedule->change = cb_xalloc_array(plan->changes + 1, sizeof *schedule->change);
    schedule->changes = plan->changes;
    for (size_t i = 0; i < plan->changes; i++) {
        const struct plan_change *change = &plan->change[i];
        int64_t from =
            change->from_night ? night_start(plan->night[change->night].day_obs) : change->from_tai_ns;
        schedule->change[i] = (struct schedule_change){ .from_tai_ns = from + shift_ns,
                                                        .detector = (int)change->detector,
                                                        .amp = amp_index(change->amp),
                                                        .state = change->state };
    }
}

static int compare_ids(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static bool ids_are_unique(const struct schedule *schedule, struct cb_error *err)
{
    cb_auto(cb_free) uint64_t *id = cb_xalloc_array(schedule->shots + 1, sizeof *id);
    for (size_t i = 0; i < schedule->shots; i++)
        id[i] = schedule->shot[i].exposure_id;
    qsort(id, schedule->shots, sizeof *id, compare_ids);
    for (size_t i = 1; i < schedule->shots; i++)
        if (id[i] == id[i - 1])
            return cb_fail(err, CB_ERR_INVALID, "the plan has exposure %llu twice",
                           (unsigned long long)id[i]);
    return true;
}

bool schedule_make(const struct plan *plan, const char *instrument, uint64_t seed,
                   struct schedule_shift shift, struct schedule **ret_schedule, struct cb_error *err)
{
    cb_auto(schedule_free) struct schedule *schedule = cb_xalloc(sizeof *schedule);
    struct layout layout = { .instrument = cb_instrument_find(instrument),
                             .seed = seed,
                             .schedule = schedule };
    if (layout.instrument == NULL)
        return cb_fail(err, CB_ERR_INVALID, "instrument \"%s\" is not known", instrument);
    int64_t shift_ns = 0;
    if (shift.day_obs != 0)
        shift_ns = night_start(shift.day_obs) - night_start(plan->night[0].day_obs);
    for (size_t i = 0; i < plan->nights; i++)
        if (!add_night(&layout, &plan->night[i], shift_ns, shift.seq_num, err))
            return false;
    add_changes(plan, shift_ns, schedule);
    if (!ids_are_unique(schedule, err))
        return false;
    *ret_schedule = cb_steal(schedule);
    return true;
}

void schedule_free(struct schedule *schedule)
{
    if (schedule == NULL)
        return;
    free(schedule->shot);
    free(schedule->change);
    free(schedule);
}

struct cb_sim_state schedule_state(const struct schedule *schedule, int detector, size_t amp,
                                   int64_t begin_tai_ns)
{
    struct cb_sim_state state = cb_sim_state_unchanged();
    for (size_t i = 0; i < schedule->changes; i++) {
        const struct schedule_change *change = &schedule->change[i];
        if (change->detector == detector && change->amp == amp && begin_tai_ns >= change->from_tai_ns)
            cb_sim_state_add(&state, &change->state);
    }
    return state;
}
