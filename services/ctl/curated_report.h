/* What was stored of a data package, and what was not, in words; as butler_say says them. */
#pragma once

#include "butler/collections.h"
#include "butler/curated.h"

void curated_report(const struct cb_curated *curated, const struct cb_curated_target *target);
