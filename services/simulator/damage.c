/* Damaged files. */
#include "damage.h"

#include "base/alloc.h"
#include "base/tai.h"
#include "header.h"

#include <stdio.h>
#include <string.h>

#define GAP_NS (60 * CB_NS_PER_S) /* between the damaged exposures */

/* A way to spoil a file: in its header before, or in its bytes after it is built. */
struct damage {
    void (*alter_header)(struct cb_header *primary);
    void (*alter_file)(struct cb_fits_build *file);
};

static void truncate_file(struct cb_fits_build *file)
{
    file->bytes.size = file->bytes.size * 3 / 5;
}

static void make_foreign(struct cb_header *primary)
{
    cb_header_set_string(primary, "INSTRUME", "TS8-E2V", NULL);
    cb_header_set_string(primary, "TELESCOP", "Test Stand 8", NULL);
    cb_header_set_string(primary, "CAMCODE", "TS", NULL);
}

/* A pixel in the middle of the file; the checksums stay. */
static void alter_bit(struct cb_fits_build *file)
{
    file->bytes.data[file->bytes.size / 2] ^= 1;
}

static void replace_by_text(struct cb_fits_build *file)
{
    cb_bytes_clear(&file->bytes);
    cb_bytes_puts(&file->bytes, "This is not the file that was expected here.\n");
}

static void lose_key(struct cb_header *primary)
{
    cb_header_remove(primary, "IMGTYPE");
}

static const struct damage kinds[] = {
    { NULL, truncate_file },   { make_foreign, NULL }, { NULL, alter_bit },
    { NULL, replace_by_text }, { lose_key, NULL },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* A single bias, number places after the last exposure. */
static struct shot shot_after(const struct shot *last, int number)
{
    struct shot shot = *last;
    shot.seq_num += number;
    shot.exposure_id += (uint64_t)number;
    shot.index = shot.count = 1;
    shot.begin_tai_ns += number * GAP_NS;
    shot.exposure_s = shot.shutter_s = shot.flux_e = 0;
    shot.dark_s = 0.0313;
    shot.plain = false;
    snprintf(shot.obsid, sizeof shot.obsid, "CC_O_%08d_%06d", shot.day_obs, shot.seq_num);
    snprintf(shot.type, sizeof shot.type, "bias");
    snprintf(shot.reason, sizeof shot.reason, "bias");
    cb_iso_format(shot.begin_tai_ns, 3, 'T', shot.group);
    return shot;
}

bool damage_write(const struct frames_request *request, int count, struct cb_error *err)
{
    const struct schedule *schedule = request->schedule;
    cb_auto(frame_work_free) struct frame_work *work = frame_work_new(&request->camera->layout);
    for (int i = 0; i < count; i++) {
        const struct damage *damage = &kinds[i % KINDS];
        const struct cb_detector *record = &request->camera->detector[0].record;
        struct shot shot = shot_after(&schedule->shot[schedule->shots - 1], i + 1);
        cb_auto(cb_header_free) struct cb_header *primary = raw_primary_header(&shot, record);
        struct cb_fits_build *file;
        char name[FILE_NAME_SIZE];
        raw_file_name(&shot, record, name);
        cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", request->folder, name);
        if (damage->alter_header != NULL)
            damage->alter_header(primary);
        if (!frame_build(request, &shot, 0, primary, work, &file, err))
            return false;
        if (damage->alter_file != NULL)
            damage->alter_file(file);
        if (!cb_fits_place(path, file->bytes.data, file->bytes.size, err))
            return false;
    }
    return true;
}
