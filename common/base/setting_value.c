/* One setting's text to its value: numbers, durations, paths. */
#include "base/setting_value.h"

#include "base/alloc.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool cb_setting_is_text(const struct cb_setting *setting)
{
    return setting->type == CB_SET_TEXT || setting->type == CB_SET_PATH ||
           setting->type == CB_SET_SECRET_FILE;
}

static bool check_range(const struct cb_setting *setting, double value, struct cb_error *err)
{
    bool any = setting->min >= setting->max;
    if (any || (value >= setting->min && value <= setting->max))
        return true;
    return cb_fail(err, CB_ERR_INVALID, "%g is not in %g..%g", value, setting->min, setting->max);
}

static bool parse_int(const struct cb_setting *setting, const char *text, int64_t *ret, struct cb_error *err)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || strchr(" \t+", text[0]) != NULL)
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is not a whole number", text);
    if (!check_range(setting, (double)value, err))
        return false;
    *ret = value;
    return true;
}

static bool parse_real(const struct cb_setting *setting, const char *text, double *ret, struct cb_error *err)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value) || strchr(" \t+", text[0]) != NULL)
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is not a finite number", text);
    if (!check_range(setting, value, err))
        return false;
    *ret = value;
    return true;
}

static bool parse_bool(const char *text, bool *ret, struct cb_error *err)
{
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is neither true nor false", text);
    *ret = text[0] == 't';
    return true;
}

static bool parse_duration(const struct cb_setting *setting, const char *text, int64_t *ret,
                           struct cb_error *err)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (end == text || errno != 0 || value < 0 || strcmp(end, units[i].unit) != 0 ||
            value > INT64_MAX / units[i].ms || strchr(" \t+", text[0]) != NULL)
            continue;
        if (!check_range(setting, (double)(value * units[i].ms), err))
            return false;
        *ret = value * units[i].ms;
        return true;
    }
    return cb_fail(err, CB_ERR_INVALID, "\"%s\" is not a duration like 250ms, 10s, 5m, 2h or 1d", text);
}

static bool parse_path(const char *text, const char *home, const char *user_home, char **ret,
                       struct cb_error *err)
{
    static const char variable[] = "$CALBUS_HOME/";
    char *path = NULL;
    if (text[0] == '/' || text[0] == '\0')
        path = cb_xstrdup(text);
    else if (strncmp(text, "~/", 2) == 0 && user_home != NULL)
        path = cb_xasprintf("%s/%s", user_home, text + 2);
    else if (strncmp(text, variable, sizeof variable - 1) == 0 && home != NULL)
        path = cb_xasprintf("%s/%s", home, text + sizeof variable - 1);
    else
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is not an absolute path", text);
    free(*ret);
    *ret = path;
    return true;
}

bool cb_setting_parse(const struct cb_setting *setting, const char *text, const char *home,
                      const char *user_home, void *target, struct cb_error *err)
{
    void *field = (char *)target + setting->offset;
    switch (setting->type) {
    case CB_SET_INT:
        return parse_int(setting, text, field, err);
    case CB_SET_REAL:
        return parse_real(setting, text, field, err);
    case CB_SET_BOOL:
        return parse_bool(text, field, err);
    case CB_SET_DURATION:
        return parse_duration(setting, text, field, err);
    case CB_SET_PATH:
    case CB_SET_SECRET_FILE:
        return parse_path(text, home, user_home, field, err);
    case CB_SET_TEXT:
        break;
    }
    char **slot = field;
    free(*slot);
    *slot = cb_xstrdup(text);
    return true;
}
