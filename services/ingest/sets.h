/* Calibration sets: frames of one day, type, reason, filter and program belong together. */
#pragma once

#include "ingest.h"

/* Note a registered frame of a calibration type; other types are no matter. */
CB_MUST_CHECK bool put_in_set(struct ingest *me, struct cb_db *db, const char *site, const char *repository,
                              const struct cb_exposure_record *record, struct cb_error *err);
