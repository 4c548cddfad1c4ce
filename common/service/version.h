/* Which calbus this is: CB_VERSION, and CB_GIT, "" outside a checkout. */
#pragma once

#include "calbus_version.h"
