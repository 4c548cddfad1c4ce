/* What was stored of a data package, and what was not, in words. */
#pragma once

#include "butler/collections.h"
#include "butler/curated.h"

#include <stdio.h>

void curated_report(const struct cb_curated *curated, const struct cb_curated_target *target,
                    const char *program, FILE *out);
