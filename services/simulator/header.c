/* The primary header of a raw file. */
#include "header.h"

#include "base/tai.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The telescope parked, as it is for calibrations. */
#define PARKED_ELEVATION_DEG 80.0
#define PARKED_AZIMUTH_DEG 0.0
#define DEGREE (M_PI / 180.0)
/* Trigger of the read-out before the end of the exposure. */
#define TRIGGER_NS (5 * INT64_C(1000000))

/* Cards that are the same in every file. */
static const struct {
    const char *key, *text, *comment;
} texts_before[] = {
    { "BUNIT", "adu", "unit of the pixels" },
    { "TIMESYS", "TAI", "time scale of all dates" },
};

static void set_time(struct cb_header *h, const char *date_key, const char *mjd_key, int64_t tai_ns,
                     const char *comment)
{
    char text[CB_ISO_SIZE];
    cb_iso_format(tai_ns, 3, 'T', text);
    cb_header_set_string(h, date_key, text, comment);
    cb_header_set_double(h, mjd_key, cb_mjd_from_ns(tai_ns), "");
}

static void upper_case(const char *text, char ret_text[PLAN_NAME_SIZE])
{
    size_t i = 0;
    for (; text[i] != '\0' && i + 1 < PLAN_NAME_SIZE; i++)
        ret_text[i] = (char)toupper((unsigned char)text[i]);
    ret_text[i] = '\0';
}

void raw_file_name(const struct shot *shot, const struct cb_detector *detector, char ret_name[FILE_NAME_SIZE])
{
    snprintf(ret_name, FILE_NAME_SIZE, "%s_%s.fits", shot->obsid, detector->full_name);
}

static void add_times(struct cb_header *h, const struct shot *shot)
{
    int64_t begin = shot->begin_tai_ns, end = begin + (int64_t)llround(shot->dark_s * 1e6) * 1000;
    char type[PLAN_NAME_SIZE];
    upper_case(shot->type, type);
    set_time(h, "DATE", "MJD", end, "time the file was made");
    cb_header_set_string(h, "IMGTYPE", type, "BIAS, DARK, FLAT, ...");
    set_time(h, "DATE-OBS", "MJD-OBS", begin, "");
    set_time(h, "DATE-TRG", "MJD-TRG", end - (shot->exposure_s > 0 ? TRIGGER_NS : 0),
             "trigger of the read-out");
    cb_header_set_string(h, "OBSID", shot->obsid, "name of the image");
    set_time(h, "DATE-BEG", "MJD-BEG", begin, "start of the exposure");
    set_time(h, "DATE-END", "MJD-END", end, "end of the exposure");
    for (size_t i = 0; i < sizeof texts_before / sizeof *texts_before; i++)
        cb_header_set_string(h, texts_before[i].key, texts_before[i].text, texts_before[i].comment);
    cb_header_set_string(h, "GROUPID", shot->group, "");
}

static void add_observatory(struct cb_header *h)
{
    cb_header_set_string(h, "INSTRUME", "ComCam", "instrument");
    cb_header_set_string(h, "TELESCOP", "Simonyi Survey Telescope", "telescope");
    cb_header_set_double(h, "OBS-LONG", -70.749417, "[deg] east longitude");
    cb_header_set_double(h, "OBS-LAT", -30.244639, "[deg] latitude");
    cb_header_set_double(h, "OBS-ELEV", 2663.0, "[m] elevation");
    cb_header_set_double(h, "OBSGEO-X", 1818938.94, "[m] geocentric");
    cb_header_set_double(h, "OBSGEO-Y", -5208470.95, "[m] geocentric");
    cb_header_set_double(h, "OBSGEO-Z", -3195172.08, "[m] geocentric");
}

static void add_pointing(struct cb_header *h)
{
    static const char *const unknown[] = { "RA", "DEC", "RASTART", "DECSTART", "RAEND", "DECEND" };
    double airmass = 1.0 / sin(PARKED_ELEVATION_DEG * DEGREE);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        cb_header_set_undefined(h, unknown[i], "[deg]");
    cb_header_set_double(h, "ROTPA", 0.0, "[deg] rotation on the sky");
    cb_header_set_string(h, "ROTCOORD", "sky", "");
    cb_header_set_undefined(h, "HASTART", "[h] hour angle");
    cb_header_set_double(h, "ELSTART", PARKED_ELEVATION_DEG, "[deg] elevation");
    cb_header_set_double(h, "AZSTART", PARKED_AZIMUTH_DEG, "[deg] azimuth");
    cb_header_set_double(h, "AMSTART", airmass, "airmass");
    cb_header_set_undefined(h, "HAEND", "[h] hour angle");
    cb_header_set_double(h, "ELEND", PARKED_ELEVATION_DEG, "[deg] elevation");
    cb_header_set_double(h, "AZEND", PARKED_AZIMUTH_DEG, "[deg] azimuth");
    cb_header_set_double(h, "AMEND", airmass, "airmass");
    cb_header_set_string(h, "TRACKSYS", "LOCAL", "");
    cb_header_set_string(h, "RADESYS", "ICRS", "");
    cb_header_set_double(h, "FOCUSZ", 0.0, "");
    cb_header_set_string(h, "OBJECT", "Park position", "");
    cb_header_set_string(h, "VIGNETTE", "FULLY", "NO, PARTIALLY, FULLY, UNKNOWN");
    cb_header_set_string(h, "VIGN_MIN", "FULLY", "the least during the exposure");
}

static void add_image_names(struct cb_header *h, const struct shot *shot)
{
    char type[PLAN_NAME_SIZE], text[32];
    upper_case(shot->type, type);
    cb_header_set_string(h, "TESTTYPE", type, "");
    cb_header_set_string(h, "CAMCODE", "CC", "");
    cb_header_set_string(h, "CONTRLLR", "O", "");
    snprintf(text, sizeof text, "%08d", shot->day_obs);
    cb_header_set_string(h, "DAYOBS", text, "observing day, from noon TAI");
    cb_header_set_int(h, "SEQNUM", shot->seq_num, "number within the day");
    cb_header_set_string(h, "PROGRAM", shot->program, "");
    cb_header_set_string(h, "REASON", shot->reason, "");
    cb_header_set_int(h, "CURINDEX", shot->index, "number within the sequence");
    cb_header_set_int(h, "MAXINDEX", shot->count, "exposures of the sequence");
    cb_header_set_string(h, "TSTAND", "TMACCv1_SUM", "");
    snprintf(text, sizeof text, "%016llx", (unsigned long long)shot->exposure_id);
    cb_header_set_string(h, "IMAGETAG", text, "");
    cb_header_set_string(h, "OBSANNOT", "", "");
}

static void add_detector(struct cb_header *h, const struct cb_detector *detector)
{
    char text[32];
    cb_header_set_string(h, "CCD_MANU", "ITL", "maker of the sensor");
    cb_header_set_string(h, "CCD_TYPE", "3800C", "");
    cb_header_set_string(h, "CCDSLOT", detector->name_in_raft, "place in the raft");
    cb_header_set_string(h, "RAFTBAY", detector->raft, "place of the raft");
    cb_header_set_string(h, "FIRMWARE", "31395007", "");
    cb_header_set_string(h, "PLATFORM", "comcam", "");
    cb_header_set_string(h, "CONTNUM", "18edfc9b", "");
    cb_header_set_string(h, "DAQVERS", "R5-V11.3 2024-09-16T15:03:01Z (10c5a519)", "");
    cb_header_set_string(h, "DAQPART", "comcam", "");
    cb_header_set_string(h, "DAQFOLD", "raw", "");
    cb_header_set_string(h, "SEQFILE", "FP_ITL_2s_ir2_v26.seq", "");
    cb_header_set_string(h, "SEQNAME", "FP_ITL_2s_ir2_v26.seq", "");
    cb_header_set_string(h, "SEQCKSUM", "980618532", "");
    cb_header_set_string(h, "LSST_NUM", detector->serial, "serial number of the sensor");
    snprintf(text, sizeof text, "%d", 23166 + detector->id);
    cb_header_set_string(h, "CCD_SERN", text, "");
    snprintf(text, sizeof text, "LCA-13574-%03d", 61 + detector->id / 3);
    cb_header_set_string(h, "REBNAME", text, "");
    cb_header_set_string(h, "RAFTNAME", "LCA-11021_RTM-031", "");
    cb_header_set_string(h, "FPVERS", "1.2.8", "");
    cb_header_set_string(h, "IHVERS", "1.1.6", "");
}

static void add_exposure(struct cb_header *h, const struct shot *shot)
{
    cb_header_set_string(h, "FILTBAND", shot->band, "");
    cb_header_set_string(h, "FILTER", shot->filter, "physical filter");
    cb_header_set_double(h, "FILTPOS", 4423.07, "");
    cb_header_set_int(h, "FILTSLOT", 3, "");
    cb_header_set_double(h, "EXPTIME", shot->exposure_s, "[s] asked for");
    cb_header_set_double(h, "DARKTIME", shot->dark_s, "[s] from clear to read-out");
    cb_header_set_double(h, "SHUTTIME", shot->shutter_s, "[s] shutter open");
    cb_header_set_double(h, "AIRTEMP", 13.725, "[deg C]");
    cb_header_set_double(h, "PRESSURE", 74120.0, "[Pa]");
    cb_header_set_double(h, "HUMIDITY", 22.3, "[%]");
    cb_header_set_double(h, "WINDSPD", 0.75, "[m/s]");
    cb_header_set_double(h, "WINDDIR", 209.3, "[deg]");
    cb_header_set_undefined(h, "SEEING", "[arcsec]");
}

static void add_components(struct cb_header *h)
{
    static const char *const simulated[] = { "SIMULATE MTMOUNT",   "SIMULATE MTM1M3",
                                             "SIMULATE MTM2",      "SIMULATE CAMHEXAPOD",
                                             "SIMULATE M2HEXAPOD", "SIMULATE MTROTATOR",
                                             "SIMULATE MTDOME",    "SIMULATE MTDOMETRAJECTORY" };
    static const char *const unset[] = { "SIMULATED MJD-OBS", "SIMULATED DATE-OBS", "SIMULATED DATE-END" };
    for (size_t i = 0; i < sizeof simulated / sizeof *simulated; i++)
        cb_header_set_int(h, simulated[i], 0, "");
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
        cb_header_set_undefined(h, unset[i], "");
    cb_header_set_int(h, "STUTTER ROWS", 0, "");
    cb_header_set_double(h, "STUTTER DELAY", 0.0, "[s]");
    cb_header_set_int(h, "STUTTER NSHIFTS", 0, "");
    cb_header_set_string(h, "COMMENT", "---- Checksums ----", "");
}

struct cb_header *raw_primary_header(const struct shot *shot, const struct cb_detector *detector)
{
    struct cb_header *h = cb_header_new();
    char name[FILE_NAME_SIZE];
    raw_file_name(shot, detector, name);
    cb_header_set_int(h, "BINX", 1, "[pixel] binning");
    cb_header_set_int(h, "BINY", 1, "[pixel] binning");
    cb_header_set_double(h, "CCDGAIN", 1.0, "not measured");
    cb_header_set_double(h, "CCDNOISE", 10.0, "not measured");
    add_times(h, shot);
    add_observatory(h);
    add_pointing(h);
    add_image_names(h, shot);
    add_detector(h, detector);
    add_exposure(h, shot);
    cb_header_set_int(h, "HEADVER", 2, "");
    cb_header_set_string(h, "FILENAME", name, "");
    add_components(h);
    return h;
}
