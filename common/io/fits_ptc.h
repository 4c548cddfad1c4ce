/* Reads and writes PTC tables (lsst.ip.isr.PhotonTransferCurveDataset, schema version 2.6). */
#pragma once

#include "calib/header.h"
#include "calib/ptc.h"

/*
 * Read a PTC. Columns that older schema versions lack (1.2 ... 2.6) come out empty or NaN; for versions
 * before 1.9 with fit type FULLCOVARIANCE the noise column holds a variance and its root is taken.
 *
 * ret_header  metadata of the table (DETECTOR, INSTRUME, CALIBDATE, ...); NULL when not wanted
 *
 * Errors    CB_ERR_NOT_FOUND  no such file
 *           CB_ERR_INVALID    not FITS, no PTC table, a required column (AMPLIFIER_NAME, GAIN, NOISE) is
 * absent CB_ERR_TRANSIENT  the file cannot be read for now
 */
CB_MUST_CHECK bool cb_ptc_read(const char *path, struct cb_ptc **ret_ptc, struct cb_header **ret_header,
                               struct cb_error *err);

/*
 * Write a PTC: empty primary, one unnamed BINTABLE with one row per amplifier. The keys that say what it is
 * (OBSTYPE, PTC_SCHEMA, PTC_VERSION, CALIBCLS, PTC_FIT_TYPE) are added; metadata gives the others (INSTRUME,
 * DETECTOR, RAFTNAME, SLOTNAME, DET_NAME, DET_SER, CALIBDATE, ...; NULL: none). Bytes depend on the arguments
 * only. The file appears whole or not at all (temporary name, fsync, rename).
 *
 * Errors    CB_ERR_INVALID    no amplifier, or lists of different length between amplifiers
 *           CB_ERR_TRANSIENT  cannot be written for now (disk full, folder missing)
 */
CB_MUST_CHECK bool cb_ptc_write(const char *path, const struct cb_ptc *ptc, const struct cb_header *metadata,
                                struct cb_error *err);
