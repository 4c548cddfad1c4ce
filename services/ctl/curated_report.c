/* What was stored of a data package, and what was not, in words. */
#include "curated_report.h"

#include "butler_say.h"

static size_t count_type(const struct cb_curated *curated, size_t first)
{
    size_t n = 0;
    while (first + n < curated->count && curated->file[first + n].type == curated->file[first].type)
        n++;
    return n;
}

void curated_report(const struct cb_curated *curated, const struct cb_curated_target *target)
{
    for (size_t i = 0, n; i < curated->count; i += n) {
        const struct cb_curated_type *type = curated->file[i].type;
        n = count_type(curated, i);
        if (type->is_written)
            butler_say(BUTLER_INFO, "%zu %s certified in %s", n, type->name, target->collection);
        else
            butler_say(BUTLER_WARNING,
                       "%zu %s not written: transmission curves need the pipelines' own tool; register files "
                       "of its making by import",
                       n, type->name);
    }
    if (target->camera != NULL)
        butler_say(BUTLER_INFO, "the camera certified in %s for all times", target->collection);
    else
        butler_say(BUTLER_WARNING, "no camera written: it is made by the pipelines' own tool; give its file "
                                   "with --camera, or bring it by import");
}
