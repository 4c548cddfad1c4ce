/* Where a dataset's file lies below the root of a repository. */
#include "domain/dataset_path.h"

#include "base/bytes.h"
#include "domain/path_template.h"

#include <string.h>

/* Every dimension of the type needs a value, required or implied. */
static bool check_fields(const struct cb_dataset_path *path, const struct cb_data_id *id,
                         struct cb_error *err)
{
    uint32_t dims = cb_dimensions_expand(path->dimensions);
    const char *names[CB_ELEMENT_COUNT];
    uint32_t missing = dims & ~id->has & ~CB_DIM(CB_GROUP); /* an exposure's group is in no path */
    if ((path->dimensions & CB_DIM(CB_GROUP)) && !cb_data_id_has(id, CB_GROUP))
        missing |= CB_DIM(CB_GROUP);
    if (cb_dimensions_list(missing, names) > 0)
        return cb_fail(err, CB_ERR_INVALID, "no path for dataset type \"%s\": its data ID has no %s",
                       path->dataset_type, names[0]);
    if ((dims & CB_DIM(CB_EXPOSURE)) && (path->obs_id == NULL || path->obs_id[0] == '\0'))
        return cb_fail(err, CB_ERR_INVALID,
                       "no path for dataset type \"%s\": the exposure's obs_id is not known",
                       path->dataset_type);
    if ((dims & CB_DIM(CB_DETECTOR)) && (path->detector_name == NULL || path->detector_name[0] == '\0'))
        return cb_fail(err, CB_ERR_INVALID,
                       "no path for dataset type \"%s\": the detector's full_name is not known",
                       path->dataset_type);
    return true;
}

/* Of raws and what is like them: no band, one folder a night and one an exposure. */
static const char *default_template(uint32_t dimensions)
{
    const uint32_t of_exposure = CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR) | CB_DIM(CB_EXPOSURE);
    return cb_dimensions_required(dimensions) == of_exposure ? cb_path_of_raws : cb_path_default;
}

bool cb_dataset_path_format(const struct cb_dataset_path *path, char ret_path[CB_DATASET_PATH_SIZE],
                            struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(CB_DATASET_PATH_SIZE - 1);
    const char *template = path->template != NULL ? path->template : default_template(path->dimensions);
    if (!check_fields(path, path->id, err) || !cb_path_template_format(template, path, &text, err))
        return false;
    cb_bytes_puts(&text, path->extension != NULL ? path->extension : "");
    if (!cb_bytes_ok(&text))
        return cb_fail(err, CB_ERR_INVALID,
                       "the path of dataset type \"%s\" in run \"%.100s\" is longer than %d characters",
                       path->dataset_type, path->run, CB_DATASET_PATH_SIZE - 1);
    memcpy(ret_path, cb_bytes_text(&text), text.size + 1);
    return true;
}
