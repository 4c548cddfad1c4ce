/* Telling receivers: each due delivery is a job under a lease, posted from a worker thread. */
#pragma once

#include "service/service.h"

extern const struct cb_work alarm_deliveries;
