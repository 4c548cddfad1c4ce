/* The truth as JSON and images. */
#include "truth.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/tai.h"
#include "header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_MAX = 64 * 1024 * 1024, MAX_BANDS = 16 };

/* Bands in which something was exposed, each once. */
struct bands {
    char letter[MAX_BANDS];
    size_t count;
};

static struct bands bands_of(const struct schedule *schedule)
{
    struct bands bands = { .count = 0 };
    for (size_t i = 0; i < schedule->shots; i++) {
        char letter = schedule->shot[i].band[0];
        if (schedule->shot[i].flux_e > 0 && bands.count < MAX_BANDS &&
            memchr(bands.letter, letter, bands.count) == NULL)
            bands.letter[bands.count++] = letter;
    }
    return bands;
}

/* "truth.json" -> "truth_det004.fits". */
static char *image_path(const char *path, int detector)
{
    size_t size = strlen(path);
    if (size > 5 && strcmp(path + size - 5, ".json") == 0)
        size -= 5;
    return cb_xasprintf("%.*s_det%03d.fits", (int)size, path, detector);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

enum image_kind { IMAGE_BIAS, IMAGE_DARK, IMAGE_RESPONSE };

static float *make_image(const struct camera *camera, const struct cb_sim_detector *detector,
                         enum image_kind kind, char band)
{
    const struct cb_geometry *geometry = &detector->geometry;
    float *image = cb_xalloc_array((size_t)geometry->width_px * (size_t)geometry->height_px, sizeof *image);
    cb_auto(cb_free) float *row = cb_xalloc_array((size_t)detector->layout.data_width, sizeof *row);
    for (size_t amp = 0; amp < CB_MAX_SEGMENTS; amp++)
        for (int j = 0; j < detector->layout.data_height; j++) {
            if (kind == IMAGE_BIAS)
                cb_sim_structure_row(detector, amp, j, row);
            else if (kind == IMAGE_DARK)
                cb_sim_dark_row(detector, amp, j, row);
            else
                cb_sim_response_row(detector, camera->table, amp, band, j, row);
            cb_sim_assemble_row(geometry, amp, j, row, image);
        }
    return image;
}

static bool add_image(const struct camera *camera, const struct cb_sim_detector *detector,
                      enum image_kind kind, char band, struct cb_fits_build *file, struct cb_error *err)
{
    static const char *const names[] = { "BIAS", "DARK", "RESPONSE" };
    static const char *const units[] = { "adu", "electron/s", "" };
    cb_auto(cb_free) float *image = make_image(camera, detector, kind, band);
    cb_auto(cb_header_free) struct cb_header *header = cb_header_new();
    char name[32];
    snprintf(name, sizeof name, kind == IMAGE_RESPONSE ? "%s_%c" : "%s", names[kind], band);
    cb_header_set_string(header, "EXTNAME", name, "");
    cb_header_set_string(header, "BUNIT", units[kind], "");
    return cb_fits_build_add_float(file, header, image, (size_t)detector->geometry.width_px,
                                   (size_t)detector->geometry.height_px, err);
}

static bool write_images(const char *path, const struct camera *camera,
                         const struct camera_detector *detector, const struct bands *bands,
                         struct cb_error *err)
{
    cb_auto_fits_build struct cb_fits_build file = { 0 };
    cb_auto(cb_header_free) struct cb_header *primary = cb_header_new();
    cb_auto(cb_free) char *name = image_path(path, detector->record.id);
    cb_header_set_string(primary, "INSTRUME", camera->instrument->name, "");
    cb_header_set_int(primary, "DETECTOR", detector->record.id, "");
    cb_header_set_string(primary, "DET_NAME", detector->record.full_name, "");
    cb_fits_build_init(&file, "1970-01-01T00:00:00");
    if (!cb_fits_build_add_primary(&file, primary, err) ||
        !add_image(camera, detector->truth, IMAGE_BIAS, 0, &file, err) ||
        !add_image(camera, detector->truth, IMAGE_DARK, 0, &file, err))
        return false;
    for (size_t i = 0; i < bands->count; i++)
        if (!add_image(camera, detector->truth, IMAGE_RESPONSE, bands->letter[i], &file, err))
            return false;
    return cb_fits_place(name, file.bytes.data, file.bytes.size, err);
}

static void put_time(struct cb_json *json, const char *key, int64_t tai_ns)
{
    char text[CB_ISO_SIZE];
    cb_iso_format(tai_ns, 3, 'T', text);
    cb_json_str(json, key, text);
}

static void put_box(struct cb_json *json, const char *key, int x0, int y0, int width, int height)
{
    cb_json_open(json, key, '[');
    cb_json_int(json, NULL, x0);
    cb_json_int(json, NULL, y0);
    cb_json_int(json, NULL, width);
    cb_json_int(json, NULL, height);
    cb_json_close(json);
}

static void put_geometry(struct cb_json *json, const struct cb_sim_layout *layout)
{
    cb_json_open(json, "geometry", '{');
    cb_json_str(json, "kind", "ITL");
    cb_json_real(json, "scale", layout->scale);
    put_box(json, "raw", 0, 0, cb_sim_raw_width(layout), cb_sim_raw_height(layout));
    put_box(json, "data", layout->prescan, 0, layout->data_width, layout->data_height);
    put_box(json, "detector", 0, 0, 8 * layout->data_width, 2 * layout->data_height);
    cb_json_close(json);
}

static void put_amp(struct cb_json *json, const char *name, const struct cb_sim_amp *amp)
{
    cb_json_open(json, NULL, '{');
    cb_json_str(json, "amp", name);
    cb_json_real(json, "gain_e_per_adu", amp->gain_e_per_adu);
    cb_json_real(json, "noise_e", amp->noise_e);
    cb_json_real(json, "level_adu", amp->level_adu);
    cb_json_real(json, "serial_adu", amp->serial_adu);
    cb_json_real(json, "parallel_adu", amp->parallel_adu);
    cb_json_real(json, "glow_adu", amp->glow_adu);
    cb_json_real(json, "dark_e_per_s", amp->dark_e_per_s);
    cb_json_close(json);
}

static void put_pixels(struct cb_json *json, const char *key, const char *value_key,
                       const struct cb_sim_pixel *pixel, size_t count)
{
    cb_json_open(json, key, '[');
    for (size_t i = 0; i < count; i++) {
        cb_json_open(json, NULL, '{');
        cb_json_int(json, "x", pixel[i].x);
        cb_json_int(json, "y", pixel[i].y);
        cb_json_real(json, value_key, pixel[i].value);
        cb_json_close(json);
    }
    cb_json_close(json);
}

static void put_defects(struct cb_json *json, const struct cb_sim_detector *detector)
{
    put_pixels(json, "hot", "e_per_s", detector->hot, detector->hot_count);
    put_pixels(json, "dead", "response", detector->dead, detector->dead_count);
    cb_json_open(json, "bright_column", '{');
    cb_json_str(json, "amp", cb_sim_amp_name(detector->bright_amp));
    cb_json_int(json, "data_column", detector->bright_column);
    cb_json_int(json, "from_row", detector->bright_from);
    cb_json_int(json, "until_row", detector->bright_until);
    cb_json_real(json, "e_per_s", detector->bright_e_per_s);
    cb_json_close(json);
    cb_json_open(json, "dust", '[');
    for (size_t i = 0; i < CB_SIM_DUST; i++) {
        cb_json_open(json, NULL, '{');
        cb_json_real(json, "x", detector->dust[i].x_px);
        cb_json_real(json, "y", detector->dust[i].y_px);
        cb_json_real(json, "radius_px", detector->dust[i].radius_px);
        cb_json_real(json, "depth", detector->dust[i].depth);
        cb_json_close(json);
    }
    cb_json_close(json);
}

static void put_detector(struct cb_json *json, const char *path, const struct camera_detector *detector)
{
    cb_auto(cb_free) char *images = image_path(path, detector->record.id);
    cb_json_open(json, NULL, '{');
    cb_json_int(json, "detector", detector->record.id);
    cb_json_str(json, "name", detector->record.full_name);
    cb_json_str(json, "serial", detector->record.serial);
    cb_json_str(json, "images", base_name(images));
    cb_json_real(json, "throughput", detector->truth->throughput);
    cb_json_open(json, "amps", '[');
    for (size_t i = 0; i < CB_MAX_SEGMENTS; i++)
        put_amp(json, cb_sim_amp_name(i), &detector->truth->amp[i]);
    cb_json_close(json);
    put_defects(json, detector->truth);
    cb_json_close(json);
}

static void put_changes(struct cb_json *json, const struct schedule *schedule)
{
    cb_json_open(json, "changes", '[');
    for (size_t i = 0; i < schedule->changes; i++) {
        const struct schedule_change *change = &schedule->change[i];
        cb_json_open(json, NULL, '{');
        put_time(json, "from_tai", change->from_tai_ns);
        cb_json_int(json, "detector", change->detector);
        cb_json_str(json, "amp", cb_sim_amp_name(change->amp));
        cb_json_real(json, "level_adu", change->state.level_adu);
        cb_json_real(json, "pedestal_adu", change->state.pedestal_adu);
        cb_json_real(json, "gain_factor", change->state.gain_factor);
        cb_json_real(json, "noise_factor", change->state.noise_factor);
        cb_json_real(json, "response_factor", change->state.response_factor);
        cb_json_close(json);
    }
    cb_json_close(json);
}

static void put_shot(struct cb_json *json, const struct shot *shot)
{
    cb_json_open(json, NULL, '{');
    cb_json_int(json, "exposure", (int64_t)shot->exposure_id);
    cb_json_str(json, "obsid", shot->obsid);
    cb_json_str(json, "type", shot->type);
    cb_json_str(json, "reason", shot->reason);
    cb_json_str(json, "program", shot->program);
    cb_json_str(json, "filter", shot->filter);
    cb_json_str(json, "group", shot->group);
    put_time(json, "begin_tai", shot->begin_tai_ns);
    cb_json_real(json, "exposure_s", shot->exposure_s);
    cb_json_real(json, "shutter_s", shot->shutter_s);
    cb_json_real(json, "dark_s", shot->dark_s);
    cb_json_real(json, "flux_e", shot->flux_e);
    cb_json_open(json, "missing_detectors", '[');
    for (size_t i = 0; i < PLAN_MAX_DETECTORS; i++)
        if (shot->missing.detector[i])
            cb_json_int(json, NULL, (int64_t)i);
    cb_json_close(json);
    cb_json_close(json);
}

static void put_truth(struct cb_json *json, const char *path, const struct options *options,
                      const struct frames_request *request)
{
    cb_json_open(json, NULL, '{');
    cb_json_str(json, "schema", "calbus.truth.v1");
    cb_json_str(json, "instrument", request->camera->instrument->name);
    cb_json_str(json, "night", options->night);
    cb_json_int(json, "seed", (int64_t)options->seed);
    cb_json_bool(json, "brighter_fatter", options->brighter_fatter);
    put_geometry(json, &request->camera->layout);
    cb_json_open(json, "detectors", '[');
    for (size_t i = 0; i < request->camera->detectors; i++)
        put_detector(json, path, &request->camera->detector[i]);
    cb_json_close(json);
    put_changes(json, request->schedule);
    cb_json_open(json, "exposures", '[');
    for (size_t i = 0; i < request->schedule->shots; i++)
        put_shot(json, &request->schedule->shot[i]);
    cb_json_close(json);
    cb_json_close(json);
}

bool truth_write(const char *path, const struct options *options, const struct frames_request *request,
                 struct cb_error *err)
{
    struct bands bands = bands_of(request->schedule);
    for (size_t i = 0; i < request->camera->detectors; i++)
        if (!write_images(path, request->camera, &request->camera->detector[i], &bands, err))
            return false;
    cb_auto_bytes struct cb_bytes text = CB_BYTES(JSON_MAX);
    struct cb_json json = CB_JSON(&text);
    put_truth(&json, path, options, request);
    cb_bytes_puts(&text, "\n");
    if (!cb_bytes_ok(&text))
        return cb_fail(err, CB_ERR_INVALID, "truth is larger than %d bytes", JSON_MAX);
    return cb_fits_place(path, text.data, text.size, err);
}
