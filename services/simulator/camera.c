/* Puts a camera together. */
#include "camera.h"

#include "base/alloc.h"
#include "header.h"
#include "io/fits_build.h"

#include <stdlib.h>
#include <string.h>

#define CCD_PITCH_MM 42.25 /* generation.md 14.3 */
enum { SLOTS_PER_SIDE = 3, CARDS_MAX_BYTES = 1 << 20 };

static bool is_all(const struct detector_set *chosen)
{
    for (size_t i = 0; i < PLAN_MAX_DETECTORS; i++)
        if (!chosen->detector[i])
            return false;
    return true;
}

static bool format_segments(const struct cb_sim_layout *layout, struct camera_detector *own,
                            struct cb_error *err)
{
    for (size_t amp = 0; amp < CB_MAX_SEGMENTS; amp++) {
        cb_auto(cb_header_free) struct cb_header *header = raw_segment_header(layout, &own->record, amp);
        own->segment_cards[amp] = (struct cb_bytes)CB_BYTES(CARDS_MAX_BYTES);
        if (!cb_fits_format_cards(header, &own->segment_cards[amp], err))
            return false;
    }
    return true;
}

static bool add_detector(struct camera *camera, uint64_t seed, int id, struct cb_error *err)
{
    const struct cb_sim_constants *constants = cb_sim_constants_find(camera->instrument->name, id);
    struct camera_detector *own = &camera->detector[camera->detectors];
    if (constants == NULL || !cb_instrument_detector(camera->instrument, id, &own->record, err))
        return cb_fail(err, CB_ERR_INVALID, "%s has no detector %d", camera->instrument->name, id);
    const int column = id % SLOTS_PER_SIDE - 1, row = id / SLOTS_PER_SIDE - 1;
    double x_mm = column * CCD_PITCH_MM, y_mm = row * CCD_PITCH_MM;
    if (!cb_sim_detector_new(seed, constants, &camera->layout, x_mm, y_mm, &own->truth, err))
        return false;
    camera->detectors++;
    return format_segments(&camera->layout, own, err);
}

bool camera_new(const char *instrument, uint64_t seed, const struct cb_sim_layout *layout,
                const struct detector_set *chosen, struct camera **ret_camera, struct cb_error *err)
{
    if (strcmp(instrument, "LSSTComCam") != 0)
        return cb_fail(err, CB_ERR_INVALID, "instrument \"%s\" cannot be simulated; LSSTComCam can",
                       instrument);
    cb_auto(camera_free) struct camera *camera = cb_xalloc(sizeof *camera);
    camera->instrument = cb_instrument_find(instrument);
    camera->layout = *layout;
    camera->table = cb_normal_table_new();
    camera->detector = cb_xalloc_array(PLAN_MAX_DETECTORS, sizeof *camera->detector);
    size_t wanted = is_all(chosen) ? camera->instrument->n_detectors : PLAN_MAX_DETECTORS;
    for (size_t id = 0; id < wanted; id++)
        if (chosen->detector[id] && !add_detector(camera, seed, (int)id, err))
            return false;
    *ret_camera = cb_steal(camera);
    return true;
}

static void free_detector(struct camera_detector *own)
{
    cb_sim_detector_free(own->truth);
    for (size_t amp = 0; amp < CB_MAX_SEGMENTS; amp++)
        cb_bytes_done(&own->segment_cards[amp]);
}

void camera_free(struct camera *camera)
{
    if (camera == NULL)
        return;
    for (size_t i = 0; camera->detector != NULL && i < PLAN_MAX_DETECTORS; i++)
        free_detector(&camera->detector[i]);
    free(camera->detector);
    cb_normal_table_free(camera->table);
    free(camera);
}
