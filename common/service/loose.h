/* The producer of loose events, lent by the running service. */
#pragma once

#include "io/bus.h"

/* NULL takes it back; returns when nobody uses the old one any more. */
void cb_loose_set_producer(struct cb_producer *producer);
