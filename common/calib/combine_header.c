/* The header of a combined image. */
#include "calib/combine.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define KEY_SIZE 72
#define TYPE_SIZE 32

/* Provenance and statistics of one exposure say nothing of the combination. Source: lsst/cp_pipe cpCombine.py
 */
static bool is_of_exposure(const char *key)
{
    static const char *const prefixes[] = { "LSST CALIB",     "LSST BUTLER",    "LSST ISR OVERSCAN",
                                            "LSST ISR FINAL", "LSST ISR LEVEL", "LSST ISR MASK" };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(key, prefixes[i], strlen(prefixes[i])) == 0 && strstr(key, " UNITS") == NULL)
            return true;
    return false;
}

static bool is_common(const struct cb_combine_input *inputs, size_t n, const struct cb_card *card)
{
    for (size_t i = 1; i < n; i++) {
        const struct cb_card *other = cb_header_find(inputs[i].header, card->key);
        if (other == NULL || !cb_card_equal(card, other))
            return false;
    }
    return true;
}

/* Cards that all inputs have with the same value, unless they are there already. */
static void merge(const struct cb_combine_input *inputs, size_t n, struct cb_header *header)
{
    const struct cb_header *first = n > 0 ? inputs[0].header : NULL;
    for (size_t i = 0; first != NULL && i < first->count; i++) {
        const struct cb_card *card = &first->card[i];
        if (!is_of_exposure(card->key) && cb_header_find(header, card->key) == NULL &&
            is_common(inputs, n, card))
            cb_header_set_card(header, card);
    }
}

static void set_input(const struct cb_combine_input *input, size_t i, struct cb_header *header)
{
    char key[KEY_SIZE];
    snprintf(key, sizeof key, "CPP_INPUT_%zu", i);
    cb_header_set_int(header, key, (int64_t)input->exposure_id, NULL);
    snprintf(key, sizeof key, "CPP_INPUT_DATE_%zu", i);
    cb_header_set_string(header, key, input->mid_date_tai, NULL);
    snprintf(key, sizeof key, "CPP_INPUT_EXPT_%zu", i);
    cb_header_set_double(header, key, input->exposure_s, NULL);
    snprintf(key, sizeof key, "CPP_INPUT_SCALE_%zu", i);
    cb_header_set_double(header, key, input->scale, NULL);
}

static void set_dates(const struct cb_combine_stamp *stamp, struct cb_header *header)
{
    cb_header_set_string(header, "TIMESYS", "TAI", NULL);
    cb_header_set_string(header, "DATE-OBS", stamp->date_beg, NULL);
    cb_header_set_double(header, "MJD-OBS", stamp->mjd_beg, NULL);
    cb_header_set_string(header, "DATE-BEG", stamp->date_beg, NULL);
    cb_header_set_double(header, "MJD-BEG", stamp->mjd_beg, NULL);
    cb_header_set_string(header, "DATE-END", stamp->date_end, NULL);
    cb_header_set_double(header, "MJD-END", stamp->mjd_end, NULL);
    cb_header_set_string(header, "DATE-AVG", stamp->date_avg, NULL);
    cb_header_set_double(header, "MJD-AVG", stamp->mjd_avg, NULL);
}

static void set_statistics(const char *type, const struct cb_combine_report *report, struct cb_header *header)
{
    static const int percent[CB_PERCENTILES] = { 0, 5, 16, 50, 84, 95, 100 };
    char upper[TYPE_SIZE], key[2 * KEY_SIZE];
    size_t length = 0;
    for (; type[length] != '\0' && length + 1 < sizeof upper; length++)
        upper[length] = (char)toupper((unsigned char)type[length]);
    upper[length] = '\0';
    for (size_t s = 0; s < report->amps; s++) {
        for (size_t p = 0; p < CB_PERCENTILES; p++) {
            snprintf(key, sizeof key, "LSST CALIB %s %s DISTRIBUTION %d-PCT", upper, report->amp[s],
                     percent[p]);
            cb_header_set_double(header, key, report->percentile[s][p], NULL);
        }
        snprintf(key, sizeof key, "LSST CALIB %s %s BADPIX-NUM", upper, report->amp[s]);
        cb_header_set_int(header, key, (int64_t)report->bad_pixels[s], NULL);
    }
}

void cb_combine_header(const struct cb_combine_input *inputs, size_t n, const struct cb_combine_stamp *stamp,
                       const struct cb_combine_report *report, struct cb_header *ret_header)
{
    double exposure_s = strcmp(stamp->dataset_type, "bias") == 0 ? 0.0 : 1.0;
    cb_header_set_string(ret_header, "OBSTYPE", stamp->calibration_type, NULL);
    cb_header_set_string(ret_header, "CALIB_CREATION_DATETIME", stamp->creation_datetime, "UTC");
    cb_header_set_string(ret_header, "CALIB_CREATION_DATE", stamp->creation_date, NULL);
    cb_header_set_string(ret_header, "CALIB_CREATION_TIME", stamp->creation_time, NULL);
    set_dates(stamp, ret_header);
    cb_header_set_double(ret_header, "EXPTIME", exposure_s, "s");
    cb_header_set_double(ret_header, "DARKTIME", exposure_s, "s");
    if (stamp->flat_source != NULL)
        cb_header_set_string(ret_header, "FLATSRC", stamp->flat_source, NULL);
    if (stamp->filter != NULL)
        cb_header_set_string(ret_header, "FILTER", stamp->filter, NULL);
    if (stamp->band != NULL)
        cb_header_set_string(ret_header, "BAND", stamp->band, NULL);
    merge(inputs, n, ret_header);
    for (size_t i = 0; i < n; i++)
        set_input(&inputs[i], i, ret_header);
    if (report != NULL)
        set_statistics(stamp->calibration_type, report, ret_header);
}
