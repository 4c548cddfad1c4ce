/* The dimension universe, version 8, as a static table. */
#include "domain/dimensions.h"

#include <string.h>

#define REQUIRED(n, t)                                                                                       \
    {                                                                                                        \
        n, CB_TYPE_##t, CB_COLUMN_REQUIRED                                                                   \
    }
#define PRIMARY(n, t)                                                                                        \
    {                                                                                                        \
        n, CB_TYPE_##t, CB_COLUMN_PRIMARY                                                                    \
    }
#define IMPLIED(n, t)                                                                                        \
    {                                                                                                        \
        n, CB_TYPE_##t, CB_COLUMN_IMPLIED                                                                    \
    }
#define ALTERNATE(n, t)                                                                                      \
    {                                                                                                        \
        n, CB_TYPE_##t, CB_COLUMN_ALTERNATE                                                                  \
    }
#define METADATA(n, t)                                                                                       \
    {                                                                                                        \
        n, CB_TYPE_##t, CB_COLUMN_METADATA                                                                   \
    }

static const struct cb_column band[] = { PRIMARY("name", STRING) };
static const struct cb_column htm7[] = { PRIMARY("id", INT), METADATA("region", REGION) };
static const struct cb_column instrument[] = {
    PRIMARY("name", STRING),       METADATA("visit_max", INT),    METADATA("visit_system", INT),
    METADATA("exposure_max", INT), METADATA("detector_max", INT), METADATA("class_name", STRING),
};
static const struct cb_column skymap[] = {
    PRIMARY("name", STRING),       ALTERNATE("hash", HASH),       METADATA("tract_max", INT),
    METADATA("patch_nx_max", INT), METADATA("patch_ny_max", INT),
};
static const struct cb_column ssp_hypothesis_table[] = { PRIMARY("name", STRING) };
static const struct cb_column day_obs[] = {
    REQUIRED("instrument", STRING),
    PRIMARY("id", INT),
    METADATA("timespan", TIMESPAN),
};
static const struct cb_column detector[] = {
    REQUIRED("instrument", STRING),   PRIMARY("id", INT),       ALTERNATE("full_name", STRING),
    METADATA("name_in_raft", STRING), METADATA("raft", STRING), METADATA("purpose", STRING),
};
static const struct cb_column group[] = { REQUIRED("instrument", STRING), PRIMARY("name", STRING) };
static const struct cb_column physical_filter[] = {
    REQUIRED("instrument", STRING),
    PRIMARY("name", STRING),
    IMPLIED("band", STRING),
};
static const struct cb_column ssp_index[] = { REQUIRED("ssp_hypothesis_table", STRING), PRIMARY("id", INT) };
static const struct cb_column subfilter[] = { REQUIRED("band", STRING), PRIMARY("id", INT) };
static const struct cb_column tract[] = {
    REQUIRED("skymap", STRING),
    PRIMARY("id", INT),
    METADATA("region", REGION),
};
static const struct cb_column visit_system[] = {
    REQUIRED("instrument", STRING),
    PRIMARY("id", INT),
    ALTERNATE("name", STRING),
};
static const struct cb_column exposure[] = {
    REQUIRED("instrument", STRING),
    PRIMARY("id", INT),
    IMPLIED("day_obs", INT),
    IMPLIED("group", STRING),
    IMPLIED("physical_filter", STRING),
    ALTERNATE("obs_id", STRING),
    METADATA("exposure_time", FLOAT),
    METADATA("dark_time", FLOAT),
    METADATA("observation_type", STRING),
    METADATA("observation_reason", STRING),
    METADATA("seq_num", INT),
    METADATA("seq_start", INT),
    METADATA("seq_end", INT),
    METADATA("target_name", STRING),
    METADATA("science_program", STRING),
    METADATA("tracking_ra", FLOAT),
    METADATA("tracking_dec", FLOAT),
    METADATA("sky_angle", FLOAT),
    METADATA("azimuth", FLOAT),
    METADATA("zenith_angle", FLOAT),
    METADATA("has_simulated", BOOL),
    METADATA("can_see_sky", BOOL),
    METADATA("timespan", TIMESPAN),
};
static const struct cb_column patch[] = {
    REQUIRED("skymap", STRING), REQUIRED("tract", INT),  PRIMARY("id", INT),
    METADATA("cell_x", INT),    METADATA("cell_y", INT), METADATA("region", REGION),
};
static const struct cb_column visit[] = {
    REQUIRED("instrument", STRING),
    PRIMARY("id", INT),
    IMPLIED("day_obs", INT),
    IMPLIED("physical_filter", STRING),
    ALTERNATE("name", STRING),
    METADATA("seq_num", INT),
    METADATA("exposure_time", FLOAT),
    METADATA("target_name", STRING),
    METADATA("observation_reason", STRING),
    METADATA("science_program", STRING),
    METADATA("azimuth", FLOAT),
    METADATA("zenith_angle", FLOAT),
    METADATA("region", REGION),
    METADATA("timespan", TIMESPAN),
};
static const struct cb_column visit_definition[] = {
    REQUIRED("instrument", STRING),
    REQUIRED("exposure", INT),
    REQUIRED("visit", INT),
};
static const struct cb_column visit_detector_region[] = {
    REQUIRED("instrument", STRING),
    REQUIRED("detector", INT),
    REQUIRED("visit", INT),
    METADATA("region", REGION),
};
static const struct cb_column visit_system_membership[] = {
    REQUIRED("instrument", STRING),
    REQUIRED("visit_system", INT),
    REQUIRED("visit", INT),
};

#define INST CB_DIM(CB_INSTRUMENT)
#define SKY CB_DIM(CB_SKYMAP)
#define SSP CB_DIM(CB_SSP_HYPOTHESIS_TABLE)
#define FILTER CB_DIM(CB_PHYSICAL_FILTER)
#define DAY CB_DIM(CB_DAY_OBS)
#define ELEMENT(index, cols, table, req, imp, gov)                                                           \
    [index] = { #cols, table, req, imp, gov, cols, sizeof(cols) / sizeof((cols)[0]) }

static const struct cb_element universe[CB_ELEMENT_COUNT] = {
    ELEMENT(CB_BAND, band, false, CB_DIM(CB_BAND), 0, -1),
    ELEMENT(CB_HTM7, htm7, false, CB_DIM(CB_HTM7), 0, -1),
    ELEMENT(CB_INSTRUMENT, instrument, true, INST, 0, CB_INSTRUMENT),
    ELEMENT(CB_SKYMAP, skymap, true, SKY, 0, CB_SKYMAP),
    ELEMENT(CB_SSP_HYPOTHESIS_TABLE, ssp_hypothesis_table, true, SSP, 0, -1),
    ELEMENT(CB_DAY_OBS, day_obs, true, INST | DAY, 0, CB_INSTRUMENT),
    ELEMENT(CB_DETECTOR, detector, true, INST | CB_DIM(CB_DETECTOR), 0, CB_INSTRUMENT),
    ELEMENT(CB_GROUP, group, true, INST | CB_DIM(CB_GROUP), 0, CB_INSTRUMENT),
    ELEMENT(CB_PHYSICAL_FILTER, physical_filter, true, INST | FILTER, CB_DIM(CB_BAND), CB_INSTRUMENT),
    [CB_SSP_BALANCED_INDEX] = { "ssp_balanced_index", true, SSP | CB_DIM(CB_SSP_BALANCED_INDEX), 0, -1,
                                ssp_index, 2 },
    [CB_SSP_HYPOTHESIS_BUNDLE] = { "ssp_hypothesis_bundle", true, SSP | CB_DIM(CB_SSP_HYPOTHESIS_BUNDLE), 0,
                                   -1, ssp_index, 2 },
    ELEMENT(CB_SUBFILTER, subfilter, true, CB_DIM(CB_BAND) | CB_DIM(CB_SUBFILTER), 0, -1),
    ELEMENT(CB_TRACT, tract, true, SKY | CB_DIM(CB_TRACT), 0, CB_SKYMAP),
    ELEMENT(CB_VISIT_SYSTEM, visit_system, true, INST | CB_DIM(CB_VISIT_SYSTEM), 0, CB_INSTRUMENT),
    ELEMENT(CB_EXPOSURE, exposure, true, INST | CB_DIM(CB_EXPOSURE), DAY | CB_DIM(CB_GROUP) | FILTER,
            CB_INSTRUMENT),
    ELEMENT(CB_PATCH, patch, true, SKY | CB_DIM(CB_TRACT) | CB_DIM(CB_PATCH), 0, CB_SKYMAP),
    ELEMENT(CB_VISIT, visit, true, INST | CB_DIM(CB_VISIT), DAY | FILTER, CB_INSTRUMENT),
    ELEMENT(CB_VISIT_DEFINITION, visit_definition, true, INST | CB_DIM(CB_EXPOSURE) | CB_DIM(CB_VISIT), 0,
            CB_INSTRUMENT),
    ELEMENT(CB_VISIT_DETECTOR_REGION, visit_detector_region, true,
            INST | CB_DIM(CB_DETECTOR) | CB_DIM(CB_VISIT), 0, CB_INSTRUMENT),
    ELEMENT(CB_VISIT_SYSTEM_MEMBERSHIP, visit_system_membership, true,
            INST | CB_DIM(CB_VISIT_SYSTEM) | CB_DIM(CB_VISIT), 0, CB_INSTRUMENT),
};

static bool is_name(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

const struct cb_element *cb_element_at(enum cb_element_index index)
{
    return &universe[index];
}

const struct cb_element *cb_element_find(const char *name, size_t length)
{
    for (size_t i = 0; i < CB_ELEMENT_COUNT; i++)
        if (is_name(universe[i].name, name, length))
            return &universe[i];
    return NULL;
}

enum cb_element_index cb_element_index(const struct cb_element *element)
{
    return (enum cb_element_index)(element - universe);
}

const struct cb_column *cb_element_column(const struct cb_element *element, const char *name, size_t length)
{
    for (size_t i = 0; i < element->n_columns; i++)
        if (is_name(element->columns[i].name, name, length))
            return &element->columns[i];
    return NULL;
}

const struct cb_column *cb_element_key(const struct cb_element *element)
{
    for (size_t i = 0; i < element->n_columns; i++)
        if (element->columns[i].role == CB_COLUMN_PRIMARY)
            return &element->columns[i];
    return NULL;
}

const struct cb_column *cb_element_key_of(const struct cb_element *element, enum cb_element_index index)
{
    if (cb_element_index(element) == index)
        return cb_element_key(element);
    const struct cb_column *column =
        cb_element_column(element, universe[index].name, strlen(universe[index].name));
    if (column == NULL || (column->role != CB_COLUMN_REQUIRED && column->role != CB_COLUMN_IMPLIED))
        return NULL;
    return column;
}

const char *cb_column_type_name(enum cb_column_type type)
{
    static const char *const names[] = { "int",    "float", "string", "bool", "datetime", "timespan",
                                         "region", "uuid",  "hash",   "null", "range" };
    return names[type];
}

bool cb_dimensions_parse(const char *const *names, size_t count, uint32_t *ret_dims, struct cb_error *err)
{
    uint32_t dims = 0;
    for (size_t i = 0; i < count; i++) {
        const struct cb_element *element = cb_element_find(names[i], strlen(names[i]));
        if (element == NULL || cb_element_index(element) >= CB_DIMENSION_COUNT)
            return cb_fail(err, CB_ERR_INVALID, "unrecognized dimension \"%s\"", names[i]);
        dims |= CB_DIM(cb_element_index(element));
    }
    *ret_dims = dims;
    return true;
}

uint32_t cb_dimensions_expand(uint32_t dims)
{
    for (uint32_t before = 0; before != dims;) {
        before = dims;
        for (size_t i = 0; i < CB_ELEMENT_COUNT; i++)
            if (before & CB_DIM(i))
                dims |= universe[i].required | universe[i].implied;
    }
    return dims;
}

uint32_t cb_dimensions_required(uint32_t dims)
{
    uint32_t all = cb_dimensions_expand(dims), implied = 0;
    for (size_t i = 0; i < CB_DIMENSION_COUNT; i++)
        if (all & CB_DIM(i))
            implied |= universe[i].implied;
    return all & ~implied; /* also the band of a subfilter, where a filter implies it */
}

uint32_t cb_dimensions_elements(uint32_t dims)
{
    uint32_t elements = cb_dimensions_expand(dims);
    for (size_t i = CB_DIMENSION_COUNT; i < CB_ELEMENT_COUNT; i++)
        if ((universe[i].required & elements) == universe[i].required)
            elements |= CB_DIM(i);
    return elements;
}

size_t cb_dimensions_list(uint32_t dims, const char *ret_names[CB_ELEMENT_COUNT])
{
    size_t count = 0;
    for (size_t i = 0; i < CB_ELEMENT_COUNT; i++)
        if (dims & CB_DIM(i))
            ret_names[count++] = universe[i].name;
    return count;
}

uint32_t cb_dimensions_relations(uint32_t dims)
{
    const enum cb_element_index ties[] = { CB_VISIT_DEFINITION, CB_VISIT_SYSTEM_MEMBERSHIP };
    uint32_t found = 0;
    for (size_t i = 0; i < sizeof ties / sizeof ties[0]; i++) {
        uint32_t required = cb_element_at(ties[i])->required;
        if ((required & dims) == required)
            found |= CB_DIM(ties[i]);
    }
    return found;
}

void cb_dimensions_format(uint32_t dims, struct cb_bytes *out)
{
    const char *names[CB_ELEMENT_COUNT];
    size_t n = cb_dimensions_list(dims, names);
    for (size_t i = 0; i < n; i++)
        cb_bytes_printf(out, "%s%s", i > 0 ? ", " : "", names[i]);
}
