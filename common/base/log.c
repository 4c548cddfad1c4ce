/* One JSON line per record on stderr. */
#include "base/log.h"

#include "base/bytes.h"
#include "base/json.h"
#include "base/tai.h"

#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RECORD_MAX = 16384 };

static struct {
    const char *service, *instance;
    enum cb_log_level least;
} speaker = { "calbus", "", CB_INFO };

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void cb_log_init(const char *service, const char *instance, enum cb_log_level least)
{
    speaker.service = service;
    speaker.instance = instance;
    speaker.least = least;
}

bool cb_log_level_parse(const char *text, enum cb_log_level *ret_level)
{
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcmp(text, level_names[i]) != 0)
            continue;
        *ret_level = (enum cb_log_level)i;
        return true;
    }
    return false;
}

static void add_text(struct cb_bytes *line, const char *text)
{
    if (text == NULL)
        cb_bytes_puts(line, "null");
    else
        cb_json_add_text(line, text, false);
}

static void add_field(struct cb_bytes *line, const struct cb_field *field)
{
    cb_bytes_puts(line, ",");
    add_text(line, field->key);
    cb_bytes_puts(line, ":");
    switch (field->type) {
    case CB_FIELD_STR:
        add_text(line, field->str);
        break;
    case CB_FIELD_INT:
        cb_bytes_printf(line, "%lld", (long long)field->integer);
        break;
    case CB_FIELD_DBL:
        if (isfinite(field->real))
            cb_bytes_printf(line, "%.17g", field->real);
        else
            cb_bytes_puts(line, "null");
        break;
    case CB_FIELD_BOOL:
        cb_bytes_puts(line, field->integer ? "true" : "false");
        break;
    }
}

void cb_log_write(enum cb_log_level level, const struct cb_field *fields)
{
    if (level < speaker.least)
        return;

    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char stamp[CB_ISO_SIZE];
    cb_iso_format(now.tv_sec * CB_NS_PER_S + now.tv_nsec, 6, 'T', stamp);

    cb_auto_bytes struct cb_bytes line = CB_BYTES(RECORD_MAX);
    cb_bytes_printf(&line, "{\"ts\":\"%sZ\",\"level\":\"%s\",\"service\":\"%s\",\"instance\":\"%s\"", stamp,
                    level_names[level], speaker.service, speaker.instance);
    for (const struct cb_field *field = fields; field->key != NULL; field++)
        add_field(&line, field);
    cb_bytes_puts(&line, "}\n");
    if (!cb_bytes_ok(&line))
        return; /* a record beyond the limit would break the line: drop it rather than cut it */
    ssize_t written = write(STDERR_FILENO, line.data, line.size);
    (void)written;
}

void cb_log_error(const char *message, const struct cb_error *err)
{
    cb_log(CB_ERROR, message, cb_str("kind", cb_err_kind_name(err->kind)), cb_str("error", err->text),
           cb_str("file", err->file), cb_int("line", err->line));
}
