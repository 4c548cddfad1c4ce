/* Commands of the stock butler that calbus does not have, and why. */
#include "butler_refused.h"

#include <stddef.h>
#include <string.h>

#define GRAPHS "quantum graphs belong to the stock middleware; calbus plans its own"

static const struct {
    const char *name, *why;
} refused[] = {
    { "aggregate-graph", GRAPHS },
    { "config-validate",
      "it checks the Python classes that a configuration names, which calbus does not load" },
    { "define-visits", "calibrations need no visits; it works on the exposures that calbus records" },
    { "ingest-graph", GRAPHS },
    { "ingest-guider", "guider frames are no calibration input" },
    { "ingest-photodiode", "photodiode readings are stored by the pipelines' own classes" },
    { "ingest-shuttermotion", "shutter profiles are stored by the pipelines' own classes" },
    { "ingest-zip", "zip archives of datasets are not read; use import" },
    { "make-discrete-skymap", "a skymap's dataset is a Python object; import one that was made" },
    { "register-dcr-subfilters", "subfilters belong to coadds" },
    { "register-skymap", "a skymap's dataset is a Python object; import one that was made" },
    { "retrieve-artifacts-for-quanta", GRAPHS },
    { "transfer-from-graph", GRAPHS },
    { "update-dimension-regions", "regions belong to visits" },
    { "update-exposures-from-raws", "ingest-raws --update-records rewrites exposure records" },
    { "zip-from-graph", GRAPHS },
};
enum { COUNT = sizeof refused / sizeof refused[0] };

const char *butler_refusal(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(refused[i].name, name) == 0)
            return refused[i].why;
    return NULL;
}

void butler_refusals_print(FILE *out)
{
    for (size_t i = 0; i < COUNT; i++)
        fprintf(out, "  %-29s %s\n", refused[i].name, refused[i].why);
}
