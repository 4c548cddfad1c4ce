/* calbus-simulator: takes raw exposures with a camera whose truth is known. */
#include "damage.h"
#include "nights.h"
#include "options.h"
#include "truth.h"

#include "base/alloc.h"
#include "base/json.h"
#include "io/clock.h"
#include "io/file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Exit codes; README.md lists them. */
enum {
    EXIT_DONE = 0,
    EXIT_USAGE = 2,
    EXIT_BAD_PLAN = 65,
    EXIT_NO_PLAN = 66,
    EXIT_CANNOT_CREATE = 73,
    EXIT_IO = 74
};
enum { PROGRESS_AFTER_MS = 1000, PROGRESS_EVERY_MS = 200 };

/* Progress on a terminal, from the first second on. */
struct progress {
    int64_t start_ms, last_ms;
    bool shown;
};

static void show_progress(void *self, size_t done, size_t of)
{
    struct progress *progress = self;
    int64_t now_ms = cb_clock_monotonic_ms();
    if (now_ms - progress->start_ms < PROGRESS_AFTER_MS ||
        (now_ms - progress->last_ms < PROGRESS_EVERY_MS && done < of))
        return;
    double rate = (double)done * 1000.0 / (double)(now_ms - progress->start_ms);
    fprintf(stderr, "\r%zu of %zu files, %.0f files/s, %.0f s left ", done, of, rate,
            (double)(of - done) / rate);
    if (done == of)
        fputc('\n', stderr);
    progress->last_ms = now_ms;
    progress->shown = true;
}

static int fail(int code, const struct options *options, const struct cb_error *err)
{
    if (options->json) {
        cb_auto_bytes struct cb_bytes text = CB_BYTES(16384);
        struct cb_json json = CB_JSON(&text);
        cb_json_open(&json, NULL, '{');
        cb_json_open(&json, "error", '{');
        cb_json_str(&json, "code", cb_err_kind_name(err->kind));
        cb_json_int(&json, "exit", code);
        cb_json_str(&json, "message", err->text);
        cb_json_close(&json);
        cb_json_close(&json);
        fprintf(stderr, "%s\n", cb_bytes_text(&text));
    } else {
        fprintf(stderr, "calbus: simulate: %s\n", err->text);
    }
    return code;
}

/* Make a folder and those above it. */
static bool make_folder(const char *folder, struct cb_error *err)
{
    cb_auto(cb_free) char *inside = cb_xasprintf("%s/.", folder);
    return cb_file_make_parents(inside, err);
}

static bool make_folders(const struct options *options, struct cb_error *err)
{
    return make_folder(options->out, err) && (options->ptc == NULL || make_folder(options->ptc, err)) &&
           (options->truth == NULL || cb_file_make_parents(options->truth, err));
}

static bool write_all(const struct options *options, const struct frames_request *request,
                      struct cb_error *err)
{
    return (options->truth == NULL || truth_write(options->truth, options, request, err)) &&
           (options->ptc == NULL || ptc_write(options->ptc, request, err)) && frames_write(request, err) &&
           damage_write(request, options->damage, err);
}

static void print_result(const struct options *options, const struct frames_request *request, double seconds)
{
    size_t files = frames_count(request), exposures = request->schedule->shots;
    if (options->json) {
        cb_auto_bytes struct cb_bytes text = CB_BYTES(65536);
        struct cb_json json = CB_JSON(&text);
        cb_json_open(&json, NULL, '{');
        cb_json_str(&json, "schema", "calbus.simulate.v1");
        cb_json_str(&json, "out", options->out);
        cb_json_str(&json, "night", options->night);
        cb_json_int(&json, "seed", (int64_t)options->seed);
        cb_json_int(&json, "first_exposure", (int64_t)request->schedule->shot[0].exposure_id);
        cb_json_int(&json, "exposures", (int64_t)exposures);
        cb_json_int(&json, "detectors", (int64_t)request->camera->detectors);
        cb_json_int(&json, "files", (int64_t)files);
        cb_json_int(&json, "damaged_files", options->damage);
        cb_json_real(&json, "seconds", seconds);
        cb_json_close(&json);
        printf("%s\n", cb_bytes_text(&text));
    } else if (!options->quiet) {
        printf("%s: %zu exposures, %zu files of %zu detectors in %s, seed %llu, %.1f s\n", options->night,
               exposures, files, request->camera->detectors, options->out, (unsigned long long)options->seed,
               seconds);
    }
}

static int simulate(const struct options *options, const struct schedule *schedule)
{
    struct cb_error err = { 0 };
    struct cb_sim_layout layout;
    cb_auto(camera_free) struct camera *camera = NULL;
    struct progress progress = { .start_ms = cb_clock_monotonic_ms() };
    if (!cb_sim_layout_make(options->scale, options->serial_overscan, options->parallel_overscan, &layout,
                            &err) ||
        !camera_new(options->instrument, options->seed, &layout, &options->detectors, &camera, &err))
        return fail(EXIT_USAGE, options, &err);
    const struct frames_request request = {
        .camera = camera,
        .schedule = schedule,
        .folder = options->out,
        .effects = { .brighter_fatter = options->brighter_fatter },
        .plain = options->plain,
        .threads = options->threads,
        .progress = isatty(STDERR_FILENO) && !options->quiet ? show_progress : NULL,
        .self = &progress,
    };
    if (!make_folders(options, &err))
        return fail(EXIT_CANNOT_CREATE, options, &err);
    if (!write_all(options, &request, &err))
        return fail(EXIT_IO, options, &err);
    print_result(options, &request, (double)(cb_clock_monotonic_ms() - progress.start_ms) / 1000.0);
    return EXIT_DONE;
}

static int run(const struct options *options)
{
    struct cb_error err = { 0 };
    cb_auto(cb_free) char *text = NULL;
    cb_auto(plan_free) struct plan *plan = NULL;
    cb_auto(schedule_free) struct schedule *schedule = NULL;
    const struct schedule_shift shift = { .day_obs = options->day_obs, .seq_num = options->seq_num };
    if (cb_sim_constants_find(options->instrument, 0) == NULL) {
        cb_fail(&err, CB_ERR_INVALID, "instrument \"%s\" cannot be simulated; LSSTComCam can",
                options->instrument);
        return fail(EXIT_USAGE, options, &err);
    }
    if (!nights_read(options->night, &text, &err))
        return fail(EXIT_NO_PLAN, options, &err);
    if (!plan_parse(text, options->night, &plan, &err) ||
        !schedule_make(plan, options->instrument, options->seed, shift, &schedule, &err))
        return fail(EXIT_BAD_PLAN, options, &err);
    return simulate(options, schedule);
}

int main(int argc, char **argv)
{
    struct options options = { 0 };
    struct cb_error err = { 0 };
    if (!options_parse(argc, argv, &options, &err))
        return fail(EXIT_USAGE, &options, &err);
    if (options.help)
        options_print_help(stdout);
    else if (options.version)
        printf("calbus-simulator %s\n", CALBUS_VERSION);
    else if (options.list_nights)
        nights_print(stdout);
    else
        return run(&options);
    return EXIT_DONE;
}
