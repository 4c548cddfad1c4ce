/* Counters, gauges and histograms. */
#include "service/metrics.h"

#include "base/alloc.h"

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const double bounds[] = { .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60 };
enum { BOUNDS = sizeof bounds / sizeof bounds[0], SERIES_MAX = 4096 };

struct series {
    char *labels; /* topic="x",result="y" */
    double value; /* histogram: the sum */
    double count;
    double buckets[BOUNDS];
};

struct family {
    enum cb_metric_type type;
    const char *name, *help;
    struct series *series;
    size_t count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct family *families;
static size_t family_count;

static struct family *find_family(const char *name)
{
    for (size_t i = 0; i < family_count; i++)
        if (strcmp(families[i].name, name) == 0)
            return &families[i];
    return NULL;
}

void cb_metric_define(enum cb_metric_type type, const char *name, const char *help)
{
    pthread_mutex_lock(&lock);
    if (find_family(name) == NULL) {
        families = cb_xrealloc_array(families, family_count + 1, sizeof *families);
        families[family_count++] = (struct family){ .type = type, .name = name, .help = help };
    }
    pthread_mutex_unlock(&lock);
}

/* Backslash, newline and quote are escaped. */
static void add_escaped(struct cb_bytes *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            cb_bytes_puts(out, "\\n");
        else
            cb_bytes_printf(out, *text == '\\' || *text == '"' ? "\\%c" : "%c", *text);
    }
}

static struct series *find_series(struct family *family, const struct cb_label *labels, size_t n)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(4096);
    for (size_t i = 0; i < n; i++) {
        cb_bytes_printf(&text, "%s%s=\"", i > 0 ? "," : "", labels[i].name);
        add_escaped(&text, labels[i].value);
        cb_bytes_puts(&text, "\"");
    }
    for (size_t i = 0; i < family->count; i++)
        if (strcmp(family->series[i].labels, cb_bytes_text(&text)) == 0)
            return &family->series[i];
    if (family->count >= SERIES_MAX)
        return NULL;
    family->series = cb_xrealloc_array(family->series, family->count + 1, sizeof *family->series);
    struct series *made = &family->series[family->count++];
    *made = (struct series){ .labels = cb_bytes_steal(&text) };
    return made;
}

static void change(enum cb_metric_type type, const char *name, double value, bool set,
                   const struct cb_label *labels, size_t n)
{
    pthread_mutex_lock(&lock);
    struct family *family = find_family(name);
    struct series *series = family != NULL && family->type == type ? find_series(family, labels, n) : NULL;
    if (series != NULL) {
        series->value = set ? value : series->value + value;
        series->count += 1;
        for (size_t i = 0; type == CB_HISTOGRAM && i < BOUNDS; i++)
            series->buckets[i] += value <= bounds[i] ? 1 : 0;
    }
    pthread_mutex_unlock(&lock);
}

void cb_metric_add(const char *name, double by, const struct cb_label *labels, size_t n)
{
    change(CB_COUNTER, name, by, false, labels, n);
}

void cb_metric_set(const char *name, double value, const struct cb_label *labels, size_t n)
{
    change(CB_GAUGE, name, value, true, labels, n);
}

void cb_metric_observe(const char *name, double value, const struct cb_label *labels, size_t n)
{
    change(CB_HISTOGRAM, name, value, false, labels, n);
}

void cb_metric_clear(const char *name)
{
    pthread_mutex_lock(&lock);
    struct family *family = find_family(name);
    if (family != NULL) {
        for (size_t i = 0; i < family->count; i++)
            free(family->series[i].labels);
        family->count = 0;
    }
    pthread_mutex_unlock(&lock);
}

/* ---- writing ---- */

static void add_number(struct cb_bytes *out, double value)
{
    if (isnan(value))
        cb_bytes_puts(out, "NaN\n");
    else if (isinf(value))
        cb_bytes_puts(out, value > 0 ? "+Inf\n" : "-Inf\n");
    else
        cb_bytes_printf(out, "%.17g\n", value);
}

static void add_sample(struct cb_bytes *out, const char *name, const char *suffix, const char *labels,
                       double value)
{
    cb_bytes_printf(out, labels[0] != '\0' ? "%s%s{%s} " : "%s%s%s ", name, suffix, labels);
    add_number(out, value);
}

static void add_histogram(struct cb_bytes *out, const char *name, const struct series *series)
{
    const char *comma = series->labels[0] != '\0' ? "," : "";
    for (size_t i = 0; i < BOUNDS; i++)
        cb_bytes_printf(out, "%s_bucket{%s%sle=\"%g\"} %.0f\n", name, series->labels, comma, bounds[i],
                        series->buckets[i]);
    cb_bytes_printf(out, "%s_bucket{%s%sle=\"+Inf\"} %.0f\n", name, series->labels, comma, series->count);
    add_sample(out, name, "_sum", series->labels, series->value);
    add_sample(out, name, "_count", series->labels, series->count);
}

static void add_family(struct cb_bytes *out, const struct family *family)
{
    static const char *const types[] = { "counter", "gauge", "histogram" };
    cb_bytes_printf(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
                    types[family->type]);
    for (size_t i = 0; i < family->count; i++) {
        if (family->type == CB_HISTOGRAM)
            add_histogram(out, family->name, &family->series[i]);
        else
            add_sample(out, family->name, "", family->series[i].labels, family->series[i].value);
    }
}

static void add_own(struct cb_bytes *out, const char *name, const char *type, const char *help, double value)
{
    cb_bytes_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
    add_sample(out, name, "", "", value);
}

static double count_fds(void)
{
    double count = -3; /* ".", "..", and the folder's own */
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return (double)NAN;
    while (readdir(folder) != NULL)
        count += 1;
    closedir(folder);
    return count;
}

/* The nth number (from 1) of a line of numbers; NaN when there are fewer. */
static double nth_number(const char *text, int n)
{
    for (int i = 1; i < n && *text != '\0'; i++) {
        text += strspn(text, " ");
        text += strcspn(text, " ");
    }
    char *end = NULL;
    double value = strtod(text, &end);
    return end != text ? value : (double)NAN;
}

/* Resident memory in bytes, and the start in seconds since boot: proc(5), fields 24 and 22 of stat; the
 * fields are counted from the third on, behind the program's name. */
static void read_stat(double *ret_resident, double *ret_start)
{
    char text[2048];
    *ret_resident = *ret_start = (double)NAN;
    FILE *in = fopen("/proc/self/stat", "re");
    if (in == NULL)
        return;
    size_t size = fread(text, 1, sizeof text - 1, in);
    fclose(in);
    text[size] = '\0';
    const char *after_name = strrchr(text, ')');
    if (after_name == NULL)
        return;
    *ret_resident = nth_number(after_name + 1, 24 - 2) * (double)sysconf(_SC_PAGESIZE);
    *ret_start = nth_number(after_name + 1, 22 - 2) / (double)sysconf(_SC_CLK_TCK);
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void cb_metrics_write(struct cb_bytes *out)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < family_count; i++)
        add_family(out, &families[i]);
    pthread_mutex_unlock(&lock);
    double resident = 0, start = 0;
    read_stat(&resident, &start);
    add_own(out, "process_cpu_seconds_total", "counter", "User and system time.",
            seconds(CLOCK_PROCESS_CPUTIME_ID));
    add_own(out, "process_resident_memory_bytes", "gauge", "Resident memory.", resident);
    add_own(out, "process_open_fds", "gauge", "Open file descriptors.", count_fds());
    add_own(out, "process_start_time_seconds", "gauge", "Start, Unix time.",
            seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME) + start);
}
