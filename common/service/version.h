/* Which calbus this is. */
#pragma once

#ifndef CB_VERSION
#define CB_VERSION "0.1.0"
#endif
#ifndef CB_GIT
#define CB_GIT "unknown"
#endif
