/* The cameras: records and detectors. Filters are in instrument_filters.c. */
#include "domain/instrument.h"

#include <stdio.h>
#include <string.h>

#define ID_MAX                                                                                               \
    INT64_C(7050123199999) /* exposure_max and visit_max of every obs_lsst camera (instruments.md 0.1) */
#define BY_SEQ_START_END 2
#define FORMATTER "lsst.obs.lsst.rawFormatter."
#define N_SCIENCE 189 /* LSSTCam detectors below this number fill 21 rafts of 9 */

static const struct cb_instrument instruments[CB_CAMERA_COUNT] = {
    { CB_CAMERA_LATISS, "LATISS", "lsst.obs.lsst.Latiss", "latiss", FORMATTER "LatissRawFormatter", ID_MAX,
      ID_MAX, 1, BY_SEQ_START_END, 9.5695, 1 },
    { CB_CAMERA_LSSTCOMCAM, "LSSTComCam", "lsst.obs.lsst.LsstComCam", "comCam",
      FORMATTER "LsstComCamRawFormatter", ID_MAX, ID_MAX, 1000, BY_SEQ_START_END, 20.018130891688713, 9 },
    { CB_CAMERA_LSSTCOMCAMSIM, "LSSTComCamSim", "lsst.obs.lsst.LsstComCamSim", "comCamSim",
      FORMATTER "LsstComCamSimRawFormatter", ID_MAX, ID_MAX, 1000, BY_SEQ_START_END, 20.018130891688713, 9 },
    { CB_CAMERA_LSSTCAM, "LSSTCam", "lsst.obs.lsst.LsstCam", "lsstCam", FORMATTER "LsstCamRawFormatter",
      ID_MAX, ID_MAX, 1000, BY_SEQ_START_END, 20.005867576692737, 205 },
};

static const char *const comcam_serials[] = {
    "ITL-3800C-229", "ITL-3800C-251", "ITL-3800C-215", "ITL-3800C-326", "ITL-3800C-283",
    "ITL-3800C-243", "ITL-3800C-319", "ITL-3800C-209", "ITL-3800C-206",
};

/* By detector number (generation.md appendix B). */
static const char *const lsstcam_serials[] = {
    "ITL-3800C-083",  "ITL-3800C-226",  "ITL-3800C-136",  "ITL-3800C-034",  "ITL-3800C-072",
    "ITL-3800C-095",  "ITL-3800C-164",  "ITL-3800C-227",  "ITL-3800C-231",  "ITL-3800C-269",
    "ITL-3800C-261",  "ITL-3800C-205",  "ITL-3800C-160",  "ITL-3800C-244",  "ITL-3800C-157",
    "ITL-3800C-423",  "ITL-3800C-318",  "ITL-3800C-376",  "ITL-3800C-342",  "ITL-3800C-210",
    "ITL-3800C-467",  "ITL-3800C-432",  "ITL-3800C-454",  "ITL-3800C-451",  "ITL-3800C-088",
    "ITL-3800C-461",  "ITL-3800C-458",  "ITL-3800C-466",  "ITL-3800C-040",  "ITL-3800C-167",
    "ITL-3800C-223",  "ITL-3800C-350",  "ITL-3800C-438",  "ITL-3800C-377",  "ITL-3800C-446",
    "ITL-3800C-207",  "E2V-CCD250-319", "E2V-CCD250-321", "E2V-CCD250-359", "E2V-CCD250-364",
    "E2V-CCD250-357", "E2V-CCD250-363", "E2V-CCD250-350", "E2V-CCD250-365", "E2V-CCD250-361",
    "E2V-CCD250-136", "E2V-CCD250-267", "E2V-CCD250-196", "E2V-CCD250-244", "E2V-CCD250-269",
    "E2V-CCD250-270", "E2V-CCD250-284", "E2V-CCD250-287", "E2V-CCD250-265", "E2V-CCD250-322",
    "E2V-CCD250-331", "E2V-CCD250-334", "E2V-CCD250-349", "E2V-CCD250-340", "E2V-CCD250-186",
    "E2V-CCD250-170", "E2V-CCD250-336", "E2V-CCD250-346", "E2V-CCD250-229", "E2V-CCD250-225",
    "E2V-CCD250-141", "E2V-CCD250-221", "E2V-CCD250-131", "E2V-CCD250-190", "E2V-CCD250-211",
    "E2V-CCD250-192", "E2V-CCD250-217", "ITL-3800C-307",  "ITL-3800C-325",  "ITL-3800C-427",
    "ITL-3800C-361",  "ITL-3800C-440",  "ITL-3800C-411",  "ITL-3800C-225",  "ITL-3800C-455",
    "ITL-3800C-407",  "E2V-CCD250-395", "E2V-CCD250-367", "E2V-CCD250-384", "E2V-CCD250-391",
    "E2V-CCD250-366", "E2V-CCD250-392", "E2V-CCD250-393", "E2V-CCD250-402", "E2V-CCD250-300",
    "E2V-CCD250-369", "E2V-CCD250-372", "E2V-CCD250-378", "E2V-CCD250-356", "E2V-CCD250-382",
    "E2V-CCD250-383", "E2V-CCD250-388", "E2V-CCD250-360", "E2V-CCD250-370", "E2V-CCD250-220",
    "E2V-CCD250-239", "E2V-CCD250-154", "E2V-CCD250-165", "E2V-CCD250-130", "E2V-CCD250-153",
    "E2V-CCD250-163", "E2V-CCD250-216", "E2V-CCD250-252", "E2V-CCD250-160", "E2V-CCD250-411",
    "E2V-CCD250-256", "E2V-CCD250-253", "E2V-CCD250-194", "E2V-CCD250-231", "E2V-CCD250-224",
    "E2V-CCD250-189", "E2V-CCD250-134", "E2V-CCD250-237", "E2V-CCD250-281", "E2V-CCD250-234",
    "E2V-CCD250-358", "E2V-CCD250-251", "E2V-CCD250-149", "E2V-CCD250-166", "E2V-CCD250-214",
    "E2V-CCD250-228", "E2V-CCD250-260", "E2V-CCD250-182", "E2V-CCD250-175", "E2V-CCD250-167",
    "E2V-CCD250-195", "E2V-CCD250-201", "E2V-CCD250-222", "E2V-CCD250-213", "E2V-CCD250-177",
    "E2V-CCD250-293", "E2V-CCD250-187", "E2V-CCD250-238", "E2V-CCD250-245", "E2V-CCD250-386",
    "E2V-CCD250-247", "E2V-CCD250-261", "E2V-CCD250-286", "E2V-CCD250-129", "E2V-CCD250-266",
    "E2V-CCD250-268", "E2V-CCD250-200", "E2V-CCD250-273", "E2V-CCD250-179", "E2V-CCD250-263",
    "E2V-CCD250-226", "E2V-CCD250-264", "E2V-CCD250-137", "E2V-CCD250-140", "E2V-CCD250-314",
    "E2V-CCD250-302", "E2V-CCD250-298", "E2V-CCD250-305", "E2V-CCD250-318", "E2V-CCD250-304",
    "E2V-CCD250-301", "E2V-CCD250-311", "ITL-3800C-478",  "ITL-3800C-502",  "ITL-3800C-355",
    "ITL-3800C-508",  "ITL-3800C-470",  "ITL-3800C-358",  "ITL-3800C-443",  "ITL-3800C-161",
    "ITL-3800C-317",  "ITL-3800C-138",  "ITL-3800C-140",  "ITL-3800C-480",  "ITL-3800C-019",
    "ITL-3800C-110",  "ITL-3800C-014",  "ITL-3800C-509",  "ITL-3800C-510",  "ITL-3800C-486",
    "ITL-3800C-080",  "ITL-3800C-506",  "ITL-3800C-450",  "ITL-3800C-396",  "ITL-3800C-203",
    "ITL-3800C-476",  "ITL-3800C-166",  "ITL-3800C-313",  "ITL-3800C-076",  "ITL-3800C-397",
    "ITL-3800C-337",  "ITL-4400B-023",  "ITL-4400B-029",  "ITL-3800C-351",  "ITL-3800C-366",
    "ITL-4400B-030",  "ITL-4400B-031",  "ITL-3800C-373",  "ITL-3800C-348",  "ITL-4400B-027",
    "ITL-4400B-028",  "ITL-3800C-332",  "ITL-3800C-388",  "ITL-4400B-025",  "ITL-4400B-007",
};

/* Raft of LSSTCam detectors 9 k .. 9 k + 8. */
static const char *const rafts[] = { "R01", "R02", "R03", "R10", "R11", "R12", "R13",
                                     "R14", "R20", "R21", "R22", "R23", "R24", "R30",
                                     "R31", "R32", "R33", "R34", "R41", "R42", "R43" };
static const char *const corners[] = { "R00", "R04", "R40", "R44" };
static const char *const corner_slots[] = { "SG0", "SG1", "SW0", "SW1" };

const struct cb_instrument *cb_instrument_at(enum cb_camera camera)
{
    return &instruments[camera];
}

const struct cb_instrument *cb_instrument_find(const char *name)
{
    for (size_t i = 0; i < CB_CAMERA_COUNT; i++)
        if (strcmp(instruments[i].name, name) == 0)
            return &instruments[i];
    return NULL;
}

const struct cb_instrument *cb_instrument_find_class(const char *class_name)
{
    for (size_t i = 0; i < CB_CAMERA_COUNT; i++)
        if (strcmp(instruments[i].class_name, class_name) == 0)
            return &instruments[i];
    return NULL;
}

static void set_names(struct cb_detector *detector, const char *raft, const char *slot)
{
    snprintf(detector->raft, sizeof detector->raft, "%.3s", raft);
    snprintf(detector->name_in_raft, sizeof detector->name_in_raft, "%s", slot);
    snprintf(detector->full_name, sizeof detector->full_name, "%.3s_%.3s", raft, slot);
}

static void set_raft_detector(struct cb_detector *detector, const char *raft, int index)
{
    char slot[4] = { 'S', (char)('0' + index / 3), (char)('0' + index % 3), '\0' };
    set_names(detector, raft, slot);
    detector->purpose = "SCIENCE";
}

/* LATISS has one sensor, outside any raft: the record's raft is NULL and name_in_raft the full name. */
static void set_latiss(struct cb_detector *detector)
{
    snprintf(detector->full_name, sizeof detector->full_name, "RXX_S00");
    snprintf(detector->name_in_raft, sizeof detector->name_in_raft, "RXX_S00");
    detector->purpose = "SCIENCE";
    detector->serial = "ITL-3800C-068";
}

static void set_lsstcam(struct cb_detector *detector)
{
    int corner = detector->id - N_SCIENCE;
    detector->serial = lsstcam_serials[detector->id];
    if (corner < 0) {
        set_raft_detector(detector, rafts[detector->id / 9], detector->id % 9);
        return;
    }
    set_names(detector, corners[corner / 4], corner_slots[corner % 4]);
    detector->purpose = corner % 4 < 2 ? "GUIDER" : "WAVEFRONT";
}

bool cb_instrument_detector(const struct cb_instrument *instrument, int id, struct cb_detector *ret_detector,
                            struct cb_error *err)
{
    struct cb_detector detector = { .id = id };
    if (id < 0 || (size_t)id >= instrument->n_detectors)
        return cb_fail(err, CB_ERR_NOT_FOUND, "%s has no detector %d: it has %zu, from 0", instrument->name,
                       id, instrument->n_detectors);
    if (instrument->camera == CB_CAMERA_LATISS) {
        set_latiss(&detector);
    } else if (instrument->camera == CB_CAMERA_LSSTCAM) {
        set_lsstcam(&detector);
    } else {
        set_raft_detector(&detector, "R22", id);
        detector.serial = comcam_serials[id];
    }
    detector.vendor = strncmp(detector.serial, "E2V", 3) == 0 ? "E2V" : "ITL";
    *ret_detector = detector;
    return true;
}

bool cb_instrument_detector_named(const struct cb_instrument *instrument, const char *full_name,
                                  struct cb_detector *ret_detector, struct cb_error *err)
{
    for (int id = 0; (size_t)id < instrument->n_detectors; id++) {
        struct cb_detector detector = { 0 };
        if (!cb_instrument_detector(instrument, id, &detector, err))
            return false;
        if (strcmp(detector.full_name, full_name) == 0) {
            *ret_detector = detector;
            return true;
        }
    }
    return cb_fail(err, CB_ERR_NOT_FOUND, "%s has no detector \"%.40s\"", instrument->name, full_name);
}
