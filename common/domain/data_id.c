/* Data IDs: which dataset or row is meant, as values of dimensions. */
#include "domain/data_id.h"

#include "domain/scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define UUID_TEXT_MAX 4096

/* The butler's name space of deterministic dataset ids: 840b31d9-05cd-5161-b2c8-00d32b280d0f. */
static const struct cb_uuid dataset_space = { { 0x84, 0x0b, 0x31, 0xd9, 0x05, 0xcd, 0x51, 0x61, 0xb2, 0xc8,
                                                0x00, 0xd3, 0x2b, 0x28, 0x0d, 0x0f } };

static char *text_slot(struct cb_data_id *id, enum cb_element_index dimension, size_t *ret_size)
{
    *ret_size = sizeof id->instrument;
    switch (dimension) {
    case CB_INSTRUMENT:
        return id->instrument;
    case CB_PHYSICAL_FILTER:
        return id->physical_filter;
    case CB_BAND:
        return id->band;
    default:
        break;
    }
    *ret_size = CB_DIMENSION_TEXT_SIZE;
    switch (dimension) {
    case CB_GROUP:
        return id->group;
    case CB_SKYMAP:
        return id->skymap;
    case CB_SSP_HYPOTHESIS_TABLE:
        return id->ssp_hypothesis_table;
    default:
        return NULL;
    }
}

bool cb_data_id_set(struct cb_data_id *id, enum cb_element_index dimension, const char *text,
                    struct cb_error *err)
{
    size_t size = 0;
    char *slot = text_slot(id, dimension, &size);
    const char *name = cb_element_at(dimension)->name;
    int64_t number = 0;
    if (cb_element_key(cb_element_at(dimension))->type == CB_TYPE_INT) {
        if (!cb_scan_integer(text, &number))
            return cb_fail(err, CB_ERR_INVALID, "%s must be an integer, not \"%.80s\"", name, text);
        cb_data_id_set_number(id, dimension, number);
        return true;
    }
    bool may_be_empty = dimension == CB_GROUP; /* frames whose GROUPID is "" are of the group of that name */
    if ((text[0] == '\0' && !may_be_empty) || strlen(text) >= size)
        return cb_fail(err, CB_ERR_INVALID, "%s must have 1 to %zu characters, not \"%.80s\"", name, size - 1,
                       text);
    memcpy(slot, text, strlen(text) + 1);
    id->has |= CB_DIM(dimension);
    return true;
}

void cb_data_id_set_number(struct cb_data_id *id, enum cb_element_index dimension, int64_t value)
{
    id->number[dimension] = value;
    id->has |= CB_DIM(dimension);
}

const char *cb_data_id_text(const struct cb_data_id *id, enum cb_element_index dimension)
{
    switch (cb_data_id_has(id, dimension) ? dimension : CB_ELEMENT_COUNT) {
    case CB_INSTRUMENT:
        return id->instrument;
    case CB_PHYSICAL_FILTER:
        return id->physical_filter;
    case CB_BAND:
        return id->band;
    case CB_GROUP:
        return id->group;
    case CB_SKYMAP:
        return id->skymap;
    case CB_SSP_HYPOTHESIS_TABLE:
        return id->ssp_hypothesis_table;
    default:
        return NULL;
    }
}

void cb_data_id_value(const struct cb_data_id *id, enum cb_element_index dimension,
                      char ret_text[CB_DIMENSION_TEXT_SIZE])
{
    const char *text = cb_data_id_text(id, dimension);
    ret_text[0] = '\0';
    if (text != NULL)
        snprintf(ret_text, CB_DIMENSION_TEXT_SIZE, "%s", text);
    else if (cb_data_id_has(id, dimension))
        snprintf(ret_text, CB_DIMENSION_TEXT_SIZE, "%" PRId64, id->number[dimension]);
}

bool cb_data_id_assign(struct cb_data_id *id, const char *assignment, struct cb_error *err)
{
    size_t length = strcspn(assignment, "=");
    const struct cb_element *element = cb_element_find(assignment, length);
    if (assignment[length] != '=')
        return cb_fail(err, CB_ERR_INVALID, "expected DIMENSION=VALUE, not \"%.100s\"", assignment);
    if (element == NULL || cb_element_index(element) >= CB_DIMENSION_COUNT)
        return cb_fail(err, CB_ERR_INVALID, "unrecognized dimension \"%.*s\"",
                       (int)(length < 100 ? length : 100), assignment);
    return cb_data_id_set(id, cb_element_index(element), assignment + length + 1, err);
}

bool cb_data_id_equal(const struct cb_data_id *a, const struct cb_data_id *b, uint32_t dims)
{
    char left[CB_DIMENSION_TEXT_SIZE], right[CB_DIMENSION_TEXT_SIZE];
    if ((a->has & dims) != (b->has & dims))
        return false;
    for (size_t i = 0; i < CB_DIMENSION_COUNT; i++) {
        if (!(a->has & dims & CB_DIM(i)))
            continue;
        cb_data_id_value(a, (enum cb_element_index)i, left);
        cb_data_id_value(b, (enum cb_element_index)i, right);
        if (strcmp(left, right) != 0)
            return false;
    }
    return true;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int cb_data_id_compare(const struct cb_data_id *a, const struct cb_data_id *b)
{
    int order = compare_numbers(a->has, b->has);
    for (int i = 0; order == 0 && i < CB_DIMENSION_COUNT; i++) {
        const char *text = cb_data_id_text(a, (enum cb_element_index)i);
        if (text != NULL)
            order = strcmp(text, cb_data_id_text(b, (enum cb_element_index)i));
        else if (cb_data_id_has(a, (enum cb_element_index)i))
            order = compare_numbers(a->number[i], b->number[i]);
    }
    return order;
}

static void format_some(const struct cb_data_id *id, uint32_t dims, struct cb_bytes *text, bool *first)
{
    for (size_t i = 0; i < CB_DIMENSION_COUNT; i++) {
        char value[CB_DIMENSION_TEXT_SIZE];
        enum cb_element_index dimension = (enum cb_element_index)i;
        if (!(id->has & dims & CB_DIM(i)))
            continue;
        const char *quote = cb_data_id_text(id, dimension) != NULL ? "'" : "";
        cb_data_id_value(id, dimension, value);
        cb_bytes_printf(text, "%s%s: %s%s%s", *first ? "" : ", ", cb_element_at(dimension)->name, quote,
                        value, quote);
        *first = false;
    }
}

void cb_data_id_format(const struct cb_data_id *id, struct cb_bytes *text)
{
    uint32_t required = cb_dimensions_required(id->has);
    bool first = true;
    cb_bytes_puts(text, "{");
    format_some(id, required, text, &first);
    format_some(id, ~required, text, &first);
    cb_bytes_puts(text, "}");
}

void cb_data_id_uuid_text(const struct cb_data_id *id, uint32_t dims, const char *dataset_type,
                          const char *run, enum cb_dataset_id_mode mode, struct cb_bytes *text)
{
    const char *names[CB_ELEMENT_COUNT];
    size_t count = cb_dimensions_list(cb_dimensions_required(dims), names);
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && strcmp(names[j - 1], names[j]) > 0; j--) {
            const char *swap = names[j];
            names[j] = names[j - 1];
            names[j - 1] = swap;
        }
    cb_bytes_printf(text, "dataset_type=%s", dataset_type);
    if (mode == CB_DATASET_ID_TYPE_RUN)
        cb_bytes_printf(text, ",run=%s", run);
    for (size_t i = 0; i < count; i++) {
        char value[CB_DIMENSION_TEXT_SIZE];
        cb_data_id_value(id, cb_element_index(cb_element_find(names[i], strlen(names[i]))), value);
        cb_bytes_printf(text, ",%s=%s", names[i], value);
    }
}

struct cb_uuid cb_data_id_uuid(const struct cb_data_id *id, uint32_t dims, const char *dataset_type,
                               const char *run, enum cb_dataset_id_mode mode)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(UUID_TEXT_MAX);
    cb_data_id_uuid_text(id, dims, dataset_type, run, mode, &text);
    return cb_uuid_v5(&dataset_space, cb_bytes_text(&text), text.size);
}
