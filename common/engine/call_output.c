/* What a task function is given: outputs. */
#include "base/alloc.h"
#include "butler/datastore.h"
#include "engine/call_state.h"
#include "io/digest.h"
#include "io/file.h"
#include "io/frame_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct cb_call_output *cb_call_output_find(const struct cb_call *call, const char *connection)
{
    for (size_t i = 0; i < call->state->outputs; i++) {
        struct cb_call_output *output = &call->state->output[i];
        if (strcmp(output->connection, connection) == 0 &&
            (output->exposure < 0 || output->exposure == call->id.exposure))
            return output;
    }
    return NULL;
}

/* Storage class of an output connection, of the task or of one fused into it. */
static const struct cb_storage_class *storage_class(const struct cb_call *call, const char *name)
{
    const char *colon = strchr(name, ':');
    const struct cb_pipeline_task *task = call->task;

    if (colon != NULL) {
        cb_auto(cb_free) char *label = cb_xstrndup(name, (size_t)(colon - name));
        task = cb_pipeline_find(call->pipeline, label);
    }
    const struct cb_connection *connection =
        task != NULL ? cb_connection_find(task->class, colon != NULL ? colon + 1 : name) : NULL;
    return connection != NULL ? cb_storage_class_find(connection->storage_class) : NULL;
}

static bool open_output(struct cb_call *call, const char *connection, struct cb_call_output **ret_output,
                        char **ret_path, struct cb_error *err)
{
    struct cb_call_output *output = cb_call_output_find(call, connection);
    const struct cb_storage_class *class = storage_class(call, connection);

    if (output == NULL || class == NULL)
        return cb_fail(err, CB_ERR_INVALID, "the plan has no output \"%s\" of task \"%s\"", connection,
                       call->task->label);
    cb_auto(cb_free) char *path = cb_xasprintf("%s/%s%s", call->state->folder, output->id, class->extension);
    if (!cb_file_make_parents(path, err))
        return false;
    *ret_output = output;
    *ret_path = cb_steal(path);
    return true;
}

static bool close_output(struct cb_call_output *output, char *path, struct cb_error *err)
{
    struct cb_digest digest;

    if (!cb_digest_sha256(path, &digest, err))
        return false;
    free(output->path);
    output->path = cb_xstrdup(path);
    output->size_bytes = digest.size_bytes;
    memcpy(output->sha256, digest.sha256, sizeof output->sha256);
    return true;
}

bool cb_call_put_frame(struct cb_call *call, const char *connection, const struct cb_frame_source *frame,
                       const struct cb_header *header, struct cb_error *err)
{
    struct cb_call_output *output = NULL;
    cb_auto(cb_free) char *path = NULL;

    return open_output(call, connection, &output, &path, err) &&
           cb_exposure_write_frame(path, frame, header, err) && close_output(output, path, err);
}

bool cb_call_put_image(struct cb_call *call, const char *connection, const struct cb_image *image,
                       const struct cb_header *header, struct cb_error *err)
{
    const struct cb_frame_source frame = cb_frame_of_image(image, NAN);
    return cb_call_put_frame(call, connection, &frame, header, err);
}

bool cb_call_frame_file(struct cb_call *call, const struct cb_geometry *geometry,
                        struct cb_frame_file **ret_file, struct cb_error *err)
{
    cb_auto(cb_free) char *inside = cb_xasprintf("%s/frame", call->state->folder);
    return cb_file_make_parents(inside, err) &&
           cb_frame_file_new(call->state->folder, (size_t)geometry->width_px, (size_t)geometry->height_px,
                             (size_t)geometry->segment[0].data.width, ret_file, err);
}

bool cb_call_put_text(struct cb_call *call, const char *connection, const char *text, size_t size,
                      struct cb_error *err)
{
    struct cb_call_output *output = NULL;
    cb_auto(cb_free) char *path = NULL;

    return open_output(call, connection, &output, &path, err) && cb_file_replace(path, text, size, err) &&
           close_output(output, path, err);
}

bool cb_call_put_file(struct cb_call *call, const char *connection, char **ret_path, struct cb_error *err)
{
    struct cb_call_output *output = NULL;

    if (!open_output(call, connection, &output, ret_path, err))
        return false;
    free(output->path);
    output->path = cb_xstrdup(*ret_path);
    return true;
}
