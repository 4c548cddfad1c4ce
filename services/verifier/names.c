/* Names of verify runs. */
#include "names.h"

#include "base/alloc.h"
#include "base/cleanup.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void verify_type_name(const char *calib_type, char *ret_name, size_t size)
{
    snprintf(ret_name, size, "%s", calib_type);
    ret_name[0] = (char)toupper((unsigned char)ret_name[0]);
}

static bool put(char *ret, const char *text, struct cb_error *err)
{
    if (strlen(text) >= CB_COLLECTION_NAME_SIZE)
        return cb_fail(err, CB_ERR_INVALID, "collection name \"%.80s...\" is longer than %d characters", text,
                       CB_COLLECTION_NAME_SIZE - 1);
    memcpy(ret, text, strlen(text) + 1);
    return true;
}

/* A collection that follows no pattern: verify below it. */
static bool name_other(const char *generation_run, const char *calib_type, struct verify_names *names,
                       struct cb_error *err)
{
    char type[CB_COLLECTION_PART_SIZE];
    verify_type_name(calib_type, type, sizeof type);
    cb_auto(cb_free) char *output = cb_xasprintf("%s/verify%s", generation_run, type);
    cb_auto(cb_free) char *run = cb_xasprintf("%s/run1", output);
    snprintf(names->ticket, sizeof names->ticket, "user");
    return put(names->output, output, err) && put(names->run, run, err);
}

bool name_campaign(const char *generation_run, const char *calib_type, struct verify_names *ret_names,
                   struct cb_error *err)
{
    struct verify_names names = { 0 };
    struct cb_collection_name parts;
    if (!cb_collection_name_parse(generation_run, &parts, err))
        return false;
    if (parts.pattern != CB_COLLECTION_GENERATION) {
        if (!name_other(generation_run, calib_type, &names, err))
            return false;
        *ret_names = names;
        return true;
    }
    if (!cb_collection_name_verify(generation_run, NULL, names.output, err))
        return false;
    cb_auto(cb_free) char *run =
        cb_xasprintf("%s/%s", names.output, parts.step[0] != '\0' ? parts.step : "run1");
    snprintf(names.ticket, sizeof names.ticket, "%s", parts.ticket);
    if (!put(names.run, run, err))
        return false;
    *ret_names = names;
    return true;
}

bool name_daily(const char *instrument, const char *calib_type, const char *band, int day_obs,
                const char *set_id, int revision, struct verify_names *ret_names, struct cb_error *err)
{
    char type[CB_COLLECTION_PART_SIZE], tail[16] = "";
    verify_type_name(calib_type, type, sizeof type);
    if (revision > 26)
        snprintf(tail, sizeof tail, "-%d", revision);
    cb_auto(cb_free) char *output = cb_xasprintf("%s/calib/daily/verify%s%s%s.%d%c", instrument, type,
                                                 band[0] != '\0' ? "-" : "", band, day_obs,
                                                 'a' + (revision < 1    ? 0
                                                        : revision > 26 ? 25
                                                                        : revision - 1));
    cb_auto(cb_free) char *run = cb_xasprintf("%s/%.13s%s", output, set_id, tail);
    struct verify_names names = { .ticket = "daily" };
    if (!put(names.output, output, err) || !put(names.run, run, err))
        return false;
    *ret_names = names;
    return true;
}

char *query_of(const char *instrument, const char *exposures, const char *detectors)
{
    if (detectors[0] == '\0')
        return cb_xasprintf("instrument='%s' and exposure in (%s)", instrument, exposures);
    return cb_xasprintf("instrument='%s' and exposure in (%s) and detector in (%s)", instrument, exposures,
                        detectors);
}

char *query_of_selection(const char *selection, const char *detectors, const char *physical_filter)
{
    cb_auto(cb_free) char *which =
        detectors[0] != '\0' ? cb_xasprintf(" and detector in (%s)", detectors) : cb_xstrdup("");
    cb_auto(cb_free) char *filter = physical_filter[0] != '\0'
                                        ? cb_xasprintf(" and physical_filter='%s'", physical_filter)
                                        : cb_xstrdup("");
    return cb_xasprintf("(%s)%s%s", selection, which, filter);
}
