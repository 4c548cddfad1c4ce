/* What the drop-in `butler` says beside its results. */
#include "butler_say.h"

#include "butler_cli.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/json.h"
#include "base/tai.h"
#include "io/clock.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Numbers are those of Python's logging, which readers of JSON records sort by. */
static const struct {
    const char *name;
    int number;
} levels[] = {
    [BUTLER_CRITICAL] = { "CRITICAL", 50 }, [BUTLER_ERROR] = { "ERROR", 40 },
    [BUTLER_WARNING] = { "WARNING", 30 },   [BUTLER_INFO] = { "INFO", 20 },
    [BUTLER_VERBOSE] = { "VERBOSE", 15 },   [BUTLER_DEBUG] = { "DEBUG", 10 },
    [BUTLER_TRACE] = { "TRACE", 5 },
};
enum { LEVEL_COUNT = sizeof levels / sizeof levels[0], MOST_LABELS = 32 };

struct log_file {
    FILE *stream;
    bool is_json;
};

/* Of the process, which is one command. */
static struct {
    enum butler_level least;
    bool is_long, is_silent;
    const char *program, *command;
    struct log_file *files;
    size_t n_files;
    struct {
        char *key, *value;
    } label[MOST_LABELS];
    size_t n_labels;
} say = { .least = BUTLER_INFO, .program = "butler", .command = "" };

static bool find_level(const char *name, enum butler_level *ret_level)
{
    for (int i = 0; i < LEVEL_COUNT; i++)
        if (strcasecmp(levels[i].name, name) == 0) {
            *ret_level = (enum butler_level)i;
            return true;
        }
    return false;
}

/* The loggers of ours are all below "lsst"; a level for another component changes nothing here. */
static bool is_ours(const char *component, size_t length)
{
    return length == 0 || (length == 4 && strncmp(component, "lsst", 4) == 0) ||
           (length >= 15 && strncmp(component, "lsst.daf.butler", 15) == 0);
}

static bool fail_pair(const char *pair, struct cb_error *err)
{
    return cb_fail(err, CB_ERR_CONFLICT,
                   "Could not parse key-value pair '%s' using separator '=', with multiple values allowed",
                   pair);
}

/* "LEVEL" or "COMPONENT=LEVEL". */
static bool take_level(const char *text, struct cb_error *err)
{
    const char *equals = strchr(text, '=');
    enum butler_level level;
    if (equals != NULL && strchr(equals + 1, '=') != NULL)
        return fail_pair(text, err);
    if (!find_level(equals != NULL ? equals + 1 : text, &level))
        return cb_fail(err, CB_ERR_INVALID,
                       "Invalid value for '--log-level': '%s' is not one of 'critical', 'error', 'warning', "
                       "'info', 'verbose', 'debug', 'trace'.",
                       equals != NULL ? equals + 1 : text);
    if (is_ours(text, equals != NULL ? (size_t)(equals - text) : 0))
        say.least = level;
    return true;
}

static bool take_label(const char *text, struct cb_error *err)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || strchr(equals + 1, '=') != NULL)
        return fail_pair(text, err);
    if (say.n_labels == MOST_LABELS)
        return cb_fail(err, CB_ERR_INVALID, "more than %d labels", MOST_LABELS);
    char *key = cb_xstrndup(text, (size_t)(equals - text));
    for (char *c = key; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    say.label[say.n_labels].key = key;
    say.label[say.n_labels++].value = cb_xstrdup(equals + 1);
    return true;
}

static bool add_file(const char *path, struct cb_error *err)
{
    size_t length = strlen(path);
    say.files = cb_xrealloc_array(say.files, say.n_files + 1, sizeof *say.files);
    struct log_file *file = &say.files[say.n_files];
    file->is_json = length > 5 && strcmp(path + length - 5, ".json") == 0;
    file->stream = fopen(path, "ae");
    if (file->stream == NULL)
        return cb_fail(err, CB_ERR_INVALID, "Invalid value for '--log-file': File '%s' is not writable: %s.",
                       path, strerror(errno));
    say.n_files++;
    return true;
}

static bool take_each(const struct butler_args *globals, const char *name,
                      bool (*take)(const char *text, struct cb_error *err), struct cb_error *err)
{
    auto_list list = butler_list_of(globals, name);
    for (size_t i = 0; i < list.count; i++)
        if (!take(list.item[i], err))
            return false;
    return true;
}

bool butler_say_setup(const struct butler_args *globals, struct cb_error *err)
{
    say.is_long = butler_flag(globals, "long-log");
    say.is_silent = butler_denies(globals, "log-tty");
    return take_each(globals, "log-level", take_level, err) &&
           take_each(globals, "log-label", take_label, err) && take_each(globals, "log-file", add_file, err);
}

void butler_say_command(const char *program, const char *name)
{
    say.program = program;
    say.command = name;
}

void butler_say_quietly(bool quietly)
{
    say.least = quietly ? BUTLER_ERROR : BUTLER_INFO;
}

static void put_time(struct cb_bytes *line)
{
    char text[CB_ISO_SIZE];
    /* shown as UTC: the clock's TAI less the leap seconds is Unix time */
    cb_iso_format(cb_clock_unix_ms() * 1000000, 3, 'T', text);
    cb_bytes_printf(line, "%s+00:00", text);
}

static void put_labels(struct cb_bytes *line)
{
    for (size_t i = 0; i < say.n_labels; i++)
        if (strcmp(say.label[i].key, "LABEL") == 0)
            cb_bytes_puts(line, say.label[i].value);
}

static void put_text(struct cb_bytes *line, enum butler_level level, const char *text)
{
    if (!say.is_long) {
        cb_bytes_printf(line, "%s%s%s %s: %s\n", say.program, say.command[0] != '\0' ? " " : "", say.command,
                        levels[level].name, text);
        return;
    }
    cb_bytes_printf(line, "%s ", levels[level].name);
    put_time(line);
    cb_bytes_printf(line, " %s%s%s (", say.program, say.command[0] != '\0' ? " " : "", say.command);
    put_labels(line);
    cb_bytes_printf(line, ")(calbus) - %s\n", text);
}

/* One record a line, with the keys of the stock command's records. */
static void put_json(struct cb_bytes *line, enum butler_level level, const char *text)
{
    struct cb_json json = CB_JSON(line);
    cb_auto_bytes struct cb_bytes time = CB_BYTES(64), name = CB_BYTES(256);
    put_time(&time);
    cb_bytes_printf(&name, "lsst.daf.butler.%s", say.command);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "name", cb_bytes_text(&name));
    cb_json_str(&json, "asctime", cb_bytes_text(&time));
    cb_json_str(&json, "message", text);
    cb_json_int(&json, "levelno", levels[level].number);
    cb_json_str(&json, "levelname", levels[level].name);
    cb_json_str(&json, "filename", "calbus");
    cb_json_str(&json, "pathname", "calbus");
    cb_json_int(&json, "lineno", 0);
    cb_json_null(&json, "funcName");
    cb_json_int(&json, "process", getpid());
    cb_json_str(&json, "processName", "MainProcess");
    cb_json_null(&json, "exc_info");
    cb_json_open(&json, "MDC", '{');
    for (size_t i = 0; i < say.n_labels; i++)
        cb_json_str(&json, say.label[i].key, say.label[i].value);
    cb_json_close(&json);
    cb_json_close(&json);
    cb_bytes_puts(line, "\n");
}

static void write_record(const struct log_file *to, enum butler_level level, const char *text)
{
    cb_auto_bytes struct cb_bytes line = CB_BYTES(65536);
    if (to->is_json)
        put_json(&line, level, text);
    else
        put_text(&line, level, text);
    fputs(cb_bytes_text(&line), to->stream);
    fflush(to->stream);
}

void butler_say(enum butler_level level, const char *fmt, ...)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(16384);
    const struct log_file terminal = { stderr, false };
    va_list args;
    if (level > say.least)
        return;
    va_start(args, fmt);
    cb_bytes_vprintf(&text, fmt, args);
    va_end(args);
    if (!say.is_silent)
        write_record(&terminal, level, cb_bytes_text(&text));
    for (size_t i = 0; i < say.n_files; i++)
        write_record(&say.files[i], level, cb_bytes_text(&text));
}

void butler_say_done(void)
{
    for (size_t i = 0; i < say.n_files; i++)
        fclose(say.files[i].stream);
    for (size_t i = 0; i < say.n_labels; i++) {
        free(say.label[i].key);
        free(say.label[i].value);
    }
    free(say.files);
    say.files = NULL;
    say.n_files = say.n_labels = 0;
}
