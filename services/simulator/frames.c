/* Threads that take one file after the other from a common list. */
#include "frames.h"

#include "base/alloc.h"
#include "base/tai.h"
#include "header.h"
#include "io/fits_raw_write.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct frame_work {
    struct cb_sim_work *model;
    int32_t *raw; /* one segment */
    struct cb_fits_build file;
};

struct frame_work *frame_work_new(const struct cb_sim_layout *layout)
{
    struct frame_work *work = cb_xalloc(sizeof *work);
    size_t pixels = (size_t)cb_sim_raw_width(layout) * (size_t)cb_sim_raw_height(layout);
    work->model = cb_sim_work_new(layout);
    work->raw = cb_xalloc_array(pixels, sizeof *work->raw);
    cb_fits_build_init(&work->file, "");
    return work;
}

void frame_work_free(struct frame_work *work)
{
    if (work == NULL)
        return;
    cb_sim_work_free(work->model);
    free(work->raw);
    cb_fits_build_done(&work->file);
    free(work);
}

static struct cb_sim_exposure exposure_of(const struct frames_request *request, const struct shot *shot,
                                          int detector)
{
    struct cb_sim_exposure exposure = { .exposure_id = shot->exposure_id,
                                        .flux_e = shot->flux_e,
                                        .band = shot->band[0],
                                        .dark_s = shot->dark_s,
                                        .effects = request->effects };
    for (size_t amp = 0; amp < CB_MAX_SEGMENTS; amp++)
        exposure.state[amp] = schedule_state(request->schedule, detector, amp, shot->begin_tai_ns);
    return exposure;
}

static bool add_segments(const struct frames_request *request, const struct shot *shot,
                         const struct camera_detector *detector, struct frame_work *work,
                         struct cb_error *err)
{
    const struct cb_sim_layout *layout = &request->camera->layout;
    struct cb_sim_exposure exposure = exposure_of(request, shot, detector->record.id);
    for (size_t amp = 0; amp < CB_MAX_SEGMENTS; amp++) {
        cb_sim_segment(detector->truth, request->camera->table, &exposure, amp, work->model, work->raw);
        if (!cb_raw_write_segment(&work->file, &detector->segment_cards[amp], work->raw,
                                  (size_t)cb_sim_raw_width(layout), (size_t)cb_sim_raw_height(layout),
                                  request->plain || shot->plain, err))
            return false;
    }
    return true;
}

bool frame_build(const struct frames_request *request, const struct shot *shot, size_t detector,
                 const struct cb_header *primary, struct frame_work *work, struct cb_fits_build **ret_file,
                 struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *reb = raw_reb_header();
    cb_auto(cb_header_free) struct cb_header *config = raw_config_header();
    char stamp[CB_ISO_SIZE];
    cb_iso_format(shot->begin_tai_ns, 0, 'T', stamp);
    cb_fits_build_clear(&work->file, stamp);
    if (!cb_fits_build_add_primary(&work->file, primary, err) ||
        !add_segments(request, shot, &request->camera->detector[detector], work, err) ||
        !cb_fits_build_add_empty_table(&work->file, reb, err) ||
        !cb_fits_build_add_empty_table(&work->file, config, err))
        return false;
    *ret_file = &work->file;
    return true;
}

static bool write_frame(const struct frames_request *request, const struct shot *shot, size_t detector,
                        struct frame_work *work, struct cb_error *err)
{
    const struct cb_detector *record = &request->camera->detector[detector].record;
    cb_auto(cb_header_free) struct cb_header *primary = raw_primary_header(shot, record);
    struct cb_fits_build *file;
    char name[FILE_NAME_SIZE];
    raw_file_name(shot, record, name);
    cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", request->folder, name);
    return frame_build(request, shot, detector, primary, work, &file, err) &&
           cb_fits_place(path, file->bytes.data, file->bytes.size, err);
}

static bool is_taken(const struct frames_request *request, const struct shot *shot, size_t detector)
{
    return !shot->missing.detector[request->camera->detector[detector].record.id];
}

size_t frames_count(const struct frames_request *request)
{
    size_t count = 0;
    for (size_t s = 0; s < request->schedule->shots; s++)
        for (size_t d = 0; d < request->camera->detectors; d++)
            count += is_taken(request, &request->schedule->shot[s], d);
    return count;
}

/* What the threads share. */
struct queue {
    const struct frames_request *request;
    pthread_mutex_t lock; /* of all below */
    size_t next;          /* shot * detectors + detector */
    size_t done, of;
    bool failed;
    struct cb_error err; /* the first failure */
};

/* The next file; false when there is none or one has failed. */
static bool take(struct queue *queue, size_t *ret_shot, size_t *ret_detector)
{
    const struct frames_request *request = queue->request;
    size_t detectors = request->camera->detectors, end = request->schedule->shots * detectors;
    bool found = false;
    pthread_mutex_lock(&queue->lock);
    while (!found && !queue->failed && queue->next < end) {
        *ret_shot = queue->next / detectors;
        *ret_detector = queue->next % detectors;
        queue->next++;
        found = is_taken(request, &request->schedule->shot[*ret_shot], *ret_detector);
    }
    pthread_mutex_unlock(&queue->lock);
    return found;
}

static void report(struct queue *queue, bool written, const struct cb_error *err)
{
    pthread_mutex_lock(&queue->lock);
    queue->done += written;
    if (!written && !queue->failed) {
        queue->failed = true;
        queue->err = *err;
    }
    if (written && queue->request->progress != NULL)
        queue->request->progress(queue->request->self, queue->done, queue->of);
    pthread_mutex_unlock(&queue->lock);
}

static void *work_through(void *argument)
{
    struct queue *queue = argument;
    const struct frames_request *request = queue->request;
    cb_auto(frame_work_free) struct frame_work *work = frame_work_new(&request->camera->layout);
    size_t shot, detector;
    while (take(queue, &shot, &detector)) {
        struct cb_error err = { 0 };
        bool written = write_frame(request, &request->schedule->shot[shot], detector, work, &err);
        report(queue, written, &err);
    }
    return NULL;
}

bool frames_write(const struct frames_request *request, struct cb_error *err)
{
    struct queue queue = { .request = request, .of = frames_count(request) };
    pthread_mutex_init(&queue.lock, NULL);
    cb_auto(cb_free) pthread_t *thread = cb_xalloc_array((size_t)request->threads, sizeof *thread);
    int started = 0;
    while (started + 1 < request->threads &&
           pthread_create(&thread[started], NULL, work_through, &queue) == 0)
        started++;
    work_through(&queue); /* this thread works too */
    for (int i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    pthread_mutex_destroy(&queue.lock);
    if (queue.failed && err != NULL)
        *err = queue.err;
    return !queue.failed;
}
