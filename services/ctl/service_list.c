/* The services of the suite. */
#include "service_list.h"

#include "base/alloc.h"
#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_INSTANCES = 32 };

const struct ctl_service ctl_services[] = {
    { "relay", "calbus-relay", 1, "publishes the outbox" },
    { "ingest", "calbus-ingest", 1, "registers raw exposures" },
    { "generator", "calbus-generator", 2, "builds calibrations" },
    { "verifier", "calbus-verifier", 1, "measures and tests them" },
    { "certifier", "calbus-certifier", 1, "certification, approval, chains" },
    { "distributor", "calbus-distributor", 1, "carries them to the sites" },
    { "alarm", "calbus-alarm", 1, "raises alarms" },
    { "console", "calbus-console", 1, "the web dashboard" },
    { NULL, NULL, 0, NULL },
};

static const struct ctl_service *find(const char *name, size_t length)
{
    for (const struct ctl_service *service = ctl_services; service->name != NULL; service++)
        if (strlen(service->name) == length && strncmp(service->name, name, length) == 0)
            return service;
    return NULL;
}

bool ctl_service_instances(const struct ctl_service *service, const char *text, int *ret_n,
                           struct cb_error *err)
{
    int n = service->instances;
    while (*text != '\0') {
        size_t length = strcspn(text, "=,");
        char *end = NULL;
        const struct ctl_service *named = find(text, length);
        long value = text[length] == '=' ? strtol(text + length + 1, &end, 10) : -1;
        if (named == NULL || end == NULL || end == text + length + 1 || (*end != ',' && *end != '\0') ||
            value < 0 || value > MOST_INSTANCES)
            return cb_fail(
                err, CB_ERR_INVALID,
                "setting suite.instances: \"%s\" is not a list of service=number with numbers from 0 to %d",
                text, MOST_INSTANCES);
        if (named == service)
            n = (int)value;
        text = *end == ',' ? end + 1 : end;
    }
    *ret_n = n;
    return true;
}
