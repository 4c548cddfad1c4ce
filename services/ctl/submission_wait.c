/* Waiting for a run, with a progress bar on a terminal. */
#include "submission.h"

#include "io/clock.h"
#include "process.h"
#include "sql.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_MS = 200, QUIET_MS = 1000, BAR = 30, LINE_MS = 30000 };

/* How a run stands. */
struct standing {
    char state[16];
    char error[CB_ERROR_TEXT_SIZE];
    int64_t quanta, done, failed;
};

static bool look(struct cb_db *db, const char *run_id, struct standing *ret, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;

    if (!cb_db_run(db, sql_find_run, CB_P(cb_p_text(run_id)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "there is no run \"%s\"", run_id);
    snprintf(ret->state, sizeof ret->state, "%s", cb_rows_text(rows, 0, 0));
    snprintf(ret->error, sizeof ret->error, "%s", cb_rows_text(rows, 0, 1));
    ret->quanta = cb_rows_int(rows, 0, 2);
    ret->done = cb_rows_int(rows, 0, 3);
    ret->failed = cb_rows_int(rows, 0, 4);
    return true;
}

static void draw(const struct standing *standing, int64_t elapsed_ms)
{
    int filled = standing->quanta > 0 ? (int)(BAR * standing->done / standing->quanta) : 0;
    char left[32] = "";

    if (standing->done > 0 && standing->done < standing->quanta)
        snprintf(left, sizeof left, ", %lld s left",
                 (long long)(elapsed_ms * (standing->quanta - standing->done) / standing->done / 1000));
    fprintf(stderr, "\r[%.*s%.*s] %lld/%lld quanta%s\033[K", filled, "##############################",
            BAR - filled, "..............................", (long long)standing->done,
            (long long)standing->quanta, left);
}

/* Progress: redrawn on a terminal, otherwise a line every half minute. */
static void show(const struct ctl *ctl, const struct standing *standing, int64_t begun_ms, int64_t *last_ms)
{
    int64_t now = cb_clock_monotonic_ms();

    if (ctl_args_has(&ctl->args, "quiet") || now - begun_ms < QUIET_MS)
        return;
    if (isatty(STDERR_FILENO) == 1) {
        draw(standing, now - begun_ms);
    } else if (now - *last_ms >= LINE_MS) {
        ctl_say(ctl, "%s: %lld of %lld quanta done", standing->state, (long long)standing->done,
                (long long)standing->quanta);
        *last_ms = now;
    }
}

static bool conclude(struct ctl *ctl, const struct standing *standing, struct cb_error *err)
{
    if (strcmp(standing->state, "succeeded") == 0)
        return true;
    if (strcmp(standing->state, "cancelled") == 0)
        return ctl_refuse(ctl, CTL_REFUSED, err, "the run was cancelled: %s", standing->error);
    if (standing->quanta > 0)
        (void)ctl_hint(ctl, "See calbus generation show, and try again with calbus generation retry.");
    return ctl_refuse(ctl, CTL_FAILED, err, "the run has failed: %s", standing->error);
}

bool submission_wait(struct ctl *ctl, const char *run_id, int64_t timeout_s, struct cb_error *err)
{
    int64_t begun_ms = cb_clock_monotonic_ms(), last_ms = begun_ms;
    struct standing standing = { 0 };
    struct cb_db *db = NULL;
    bool drawn = isatty(STDERR_FILENO) == 1;

    if (!ctl_db_of(ctl, &db, err))
        return false;
    for (;;) {
        if (!look(db, run_id, &standing, err))
            return false;
        show(ctl, &standing, begun_ms, &last_ms);
        bool ended = strcmp(standing.state, "requested") != 0 && strcmp(standing.state, "running") != 0;
        if (ended || (timeout_s > 0 && cb_clock_monotonic_ms() - begun_ms >= timeout_s * 1000)) {
            if (drawn && cb_clock_monotonic_ms() - begun_ms >= QUIET_MS)
                fputc('\n', stderr);
            return ended ? conclude(ctl, &standing, err)
                         : ctl_refuse(ctl, CTL_TIMED_OUT, err, "the run is still %s after %lld s",
                                      standing.state, (long long)timeout_s);
        }
        ctl_pause_ms(LOOK_MS);
    }
}
