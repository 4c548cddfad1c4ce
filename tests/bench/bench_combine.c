/* Times the combination of full-size biases against a plain C program on cfitsio that does the least it can.
 *
 *   bench_combine make DIR N          writes N raws of an ITL detector (16 RICE_1 segments of 576 x 2048)
 *   bench_combine plain DIR N OUT     the yardstick: cfitsio, row medians, 4-sigma clip, plain image
 *   bench_combine like DIR N OUT      calbus with the yardstick's settings
 *   bench_combine upstream DIR N OUT  calbus with the settings of the pipelines
 * The last three print CPU seconds, wall seconds and peak memory in MiB. */
#include "bench_plain.h"
#include "bench_raws.h"

#include "calib/combine.h"
#include "io/fits_exposure.h"
#include "io/fits_raw.h"
#include "io/frame_file.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static bool combine(const char *dir, size_t n, const char *path, bool like_plain, struct cb_error *err)
{
    struct cb_raw **raws = calloc(n, sizeof *raws);
    struct cb_stack_source *sources = calloc(n, sizeof *sources);
    struct cb_isr_config isr = cb_isr_defaults();
    struct cb_combine_config config = cb_combine_defaults();
    struct cb_isr_inputs inputs = { .ptc = NULL };
    struct cb_combine_report report = { .inputs = 0 };
    cb_auto(cb_free) char *folder = strdup(path);
    cb_auto(cb_frame_file_free) struct cb_frame_file *file = NULL;
    struct cb_frame_store store = { .write_box = NULL };
    bool ok = true;

    isr.doBootstrap = true;
    if (like_plain) {
        isr.overscan.doParallelOverscan = false;
        isr.integerDitherMode = CB_DITHER_NONE;
        config.clip = 4.0;
    }
    for (size_t i = 0; ok && i < n; i++) {
        char name[4096];
        bench_raw_name(dir, i, name, sizeof name);
        ok = cb_raw_open(name, &raws[i], err);
        if (ok)
            sources[i] = (struct cb_stack_source){ .raw = cb_raw_as_source(raws[i], i, 4), .scale = 1.0 };
    }
    ok = ok && cb_frame_file_new(dirname(folder), 4072, 4000, 509, &file, err);
    if (ok)
        store = cb_frame_file_as_store(file);
    ok = ok && cb_combine_stream(sources, n, &isr, &inputs, &config, &store, &report, err) &&
         cb_exposure_write_frame(path, &store.frame, NULL, err);
    cb_combine_report_done(&report);
    for (size_t i = 0; i < n; i++)
        cb_raw_close(raws[i]);
    free(raws);
    free(sources);
    return ok;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

static void report_usage(const char *what, const struct timespec *start)
{
    struct rusage usage;
    struct timespec end;
    getrusage(RUSAGE_SELF, &usage);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double wall = (double)(end.tv_sec - start->tv_sec) + 1e-9 * (double)(end.tv_nsec - start->tv_nsec);
    printf("%-8s %6.2f s CPU  %6.2f s wall  %4ld MiB\n", what,
           seconds(usage.ru_utime) + seconds(usage.ru_stime), wall, usage.ru_maxrss / 1024);
}

int main(int argc, char **argv)
{
    struct cb_error err = { .kind = CB_ERR_NONE };
    struct timespec start;
    char *end = NULL;
    if (argc < 4) {
        fprintf(stderr, "usage: bench_combine make|plain|like|upstream DIR N [OUT]\n");
        return 2;
    }
    size_t n = (size_t)strtoul(argv[3], &end, 10);
    bool ok = false;
    clock_gettime(CLOCK_MONOTONIC, &start);
    if (strcmp(argv[1], "make") == 0)
        return bench_raws_make(argv[2], n) ? 0 : 1;
    if (argc < 5)
        return 2;
    if (strcmp(argv[1], "plain") == 0)
        ok = bench_plain(argv[2], n, argv[4]);
    else
        ok = combine(argv[2], n, argv[4], strcmp(argv[1], "like") == 0, &err);
    if (!ok) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    report_usage(argv[1], &start);
    return 0;
}
