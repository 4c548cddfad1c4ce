/* Headers of simulated raw files, with the cards of real LSSTComCam files (generation.md 14.4, 14.1). */
#pragma once

#include "calib/header.h"
#include "domain/instrument.h"
#include "schedule.h"

/* Name of the file of one detector: "CC_O_20241208_000801_R22_S11.fits". */
enum { FILE_NAME_SIZE = 48 };
void raw_file_name(const struct shot *shot, const struct cb_detector *detector,
                   char ret_name[FILE_NAME_SIZE]);

/* Primary header. */
struct cb_header *raw_primary_header(const struct shot *shot, const struct cb_detector *detector);
/* Header of a segment, in the order of the file. */
struct cb_header *raw_segment_header(const struct cb_sim_layout *layout, const struct cb_detector *detector,
                                     size_t segment);
/* Extensions REB_COND and CONFIG_COND: state of the electronics, checksums of their configuration. */
struct cb_header *raw_reb_header(void);
struct cb_header *raw_config_header(void);
