/* Where a dataset's file lies below the root of a repository. */
#include "domain/dataset_path.h"

#include "base/bytes.h"

#include <string.h>

/* Characters that no path may have, beside the slash. */
static char clean(char c, bool keep_slash)
{
    if (c == '/')
        return (char)(keep_slash ? '/' : '_');
    if (strchr(" <>:\"\\|?*", c) != NULL)
        return '_';
    return c;
}

static void put_clean(struct cb_bytes *path, const char *value, bool keep_slash)
{
    for (const char *c = value; *c != '\0'; c++) {
        char character = clean(*c, keep_slash);
        if (character == '/' && path->size > 0 && path->data[path->size - 1] == '/')
            continue;
        cb_bytes_add(path, &character, 1);
    }
}

/* In the file name dots and hashes go too. */
static void put_file(struct cb_bytes *path, const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        char character = '_';
        if (*c != '.')
            character = clean(*c, false);
        if (character == '#')
            cb_bytes_puts(path, "HASH");
        else
            cb_bytes_add(path, &character, 1);
    }
}

static void put_folder(struct cb_bytes *path, const char *value)
{
    put_clean(path, value, false);
    cb_bytes_puts(path, "/");
}

static void put_part(struct cb_bytes *path, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    cb_bytes_puts(path, "_");
    put_file(path, value);
}

/* The values of the templates' fields; NULL or "" where the data ID has none. */
struct fields {
    char tract[CB_DIMENSION_TEXT_SIZE], patch[CB_DIMENSION_TEXT_SIZE], day_obs[CB_DIMENSION_TEXT_SIZE];
    char band[CB_DIMENSION_TEXT_SIZE], subfilter[CB_DIMENSION_TEXT_SIZE], filter[CB_DIMENSION_TEXT_SIZE];
    char visit[CB_DIMENSION_TEXT_SIZE], group[CB_DIMENSION_TEXT_SIZE], skymap[CB_DIMENSION_TEXT_SIZE];
    char htm7[CB_DIMENSION_TEXT_SIZE], instrument[CB_DIMENSION_TEXT_SIZE];
    const char *sequence; /* exposure.obs_id, or the group */
    const char *detector;
};

static void fill_fields(const struct cb_dataset_path *path, struct fields *f)
{
    const struct cb_data_id *id = path->id;
    uint32_t dims = cb_dimensions_expand(path->dimensions);
    cb_data_id_value(id, CB_TRACT, f->tract);
    cb_data_id_value(id, CB_PATCH, f->patch);
    cb_data_id_value(id, CB_DAY_OBS, f->day_obs);
    cb_data_id_value(id, CB_BAND, f->band);
    cb_data_id_value(id, CB_SUBFILTER, f->subfilter);
    cb_data_id_value(id, CB_PHYSICAL_FILTER, f->filter);
    cb_data_id_value(id, CB_VISIT, f->visit);
    cb_data_id_value(id, CB_GROUP, f->group);
    cb_data_id_value(id, CB_SKYMAP, f->skymap);
    cb_data_id_value(id, CB_HTM7, f->htm7);
    cb_data_id_value(id, CB_INSTRUMENT, f->instrument);
    f->sequence = (dims & CB_DIM(CB_EXPOSURE)) ? path->obs_id : f->group;
    f->detector = (dims & CB_DIM(CB_DETECTOR)) ? path->detector_name : NULL;
}

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

static void put_optional_folder(struct cb_bytes *text, const char *value)
{
    if (value != NULL && value[0] != '\0')
        put_folder(text, value);
}

static void put_type(struct cb_bytes *text, const struct cb_dataset_path *path)
{
    put_clean(text, path->run, true);
    cb_bytes_puts(text, "/");
    put_clean(text, path->dataset_type, false);
    if (path->component != NULL) {
        cb_bytes_puts(text, ".");
        put_clean(text, path->component, false);
    }
    cb_bytes_puts(text, "/");
}

static void put_file_start(struct cb_bytes *text, const struct cb_dataset_path *path, const struct fields *f)
{
    put_file(text, path->dataset_type);
    put_part(text, path->component);
    put_part(text, f->instrument);
}

/* Types of exactly {instrument, detector, exposure}: no band, one folder a night and one an exposure. */
static void put_exposure_template(struct cb_bytes *text, const struct cb_dataset_path *path,
                                  const struct fields *f)
{
    put_folder(text, f->day_obs);
    put_folder(text, f->sequence);
    put_file_start(text, path, f);
    put_part(text, f->filter);
    put_part(text, f->sequence);
    put_part(text, f->detector);
    put_part(text, path->run);
}

static void put_default_template(struct cb_bytes *text, const struct cb_dataset_path *path,
                                 const struct fields *f)
{
    const char *const folders[] = { f->tract,     f->patch,  f->day_obs, f->band,
                                    f->subfilter, f->filter, f->visit,   f->sequence };
    const char *const parts[] = { f->tract,    f->patch,    f->band,   f->filter, f->visit,
                                  f->sequence, f->detector, f->skymap, f->htm7 };
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        put_optional_folder(text, folders[i]);
    put_file_start(text, path, f);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        put_part(text, parts[i]);
    put_part(text, path->run);
}

bool cb_dataset_path_format(const struct cb_dataset_path *path, char ret_path[CB_DATASET_PATH_SIZE],
                            struct cb_error *err)
{
    const uint32_t of_exposure = CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR) | CB_DIM(CB_EXPOSURE);
    cb_auto_bytes struct cb_bytes text = CB_BYTES(CB_DATASET_PATH_SIZE - 1);
    struct cb_data_id id = *path->id;
    struct cb_dataset_path own = *path;
    struct fields fields;
    if (!check_fields(path, &id, err))
        return false;
    id.has &= cb_dimensions_expand(path->dimensions);
    own.id = &id;
    fill_fields(&own, &fields);
    put_type(&text, path);
    if (cb_dimensions_required(path->dimensions) == of_exposure)
        put_exposure_template(&text, path, &fields);
    else
        put_default_template(&text, path, &fields);
    cb_bytes_puts(&text, path->extension != NULL ? path->extension : "");
    if (!cb_bytes_ok(&text))
        return cb_fail(err, CB_ERR_INVALID,
                       "the path of dataset type \"%s\" in run \"%.100s\" is longer than %d characters",
                       path->dataset_type, path->run, CB_DATASET_PATH_SIZE - 1);
    memcpy(ret_path, cb_bytes_text(&text), text.size + 1);
    return true;
}
