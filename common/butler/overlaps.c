/* Rows that say which pixels of the common mesh a region touches. */
#include "butler/overlaps.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "butler/rows.h"
#include "domain/region.h"

#include <stdio.h>
#include <string.h>

enum { REGION_MAX = 1 << 20, MAX_KEYS = 4 };

bool cb_overlaps_has(const struct cb_element *element)
{
    return element->has_table && element->governor >= 0 &&
           cb_element_column(element, "region", strlen("region")) != NULL;
}

static bool find_pixels(const char *region, struct cb_bytes *array, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes bytes = CB_BYTES(REGION_MAX);
    cb_auto(cb_free) int64_t *ids = NULL;
    size_t n = 0;
    if (!cb_base64_decode(region, &bytes) || !cb_bytes_ok(&bytes))
        return cb_fail(err, CB_ERR_INVALID, "a region is no base64 text");
    if (!cb_region_htm7((const unsigned char *)cb_bytes_text(&bytes), bytes.size, &ids, &n, err))
        return false;
    cb_array_begin(array);
    for (size_t i = 0; i < n; i++)
        cb_array_int(array, ids[i]);
    cb_array_end(array);
    return true;
}

/* The dimensions that identify a record, by the names of their columns here, with its values. */
static size_t take_keys(const struct cb_element *element, const char *const *values, const char **ret_names,
                        struct cb_param *ret_params)
{
    size_t n = 0;
    for (int i = 0; i < CB_DIMENSION_COUNT; i++)
        if (element->required & CB_DIM(i)) {
            const struct cb_column *column = cb_element_key_of(element, (enum cb_element_index)i);
            ret_names[n] = cb_element_at((enum cb_element_index)i)->name;
            ret_params[n++] = cb_p_text(values[column - element->columns]);
        }
    return n;
}

static bool forget(struct cb_repo *repo, const struct cb_element *element, const char *const *names,
                   const struct cb_param *keys, size_t n, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(1024);
    cb_bytes_printf(&sql, "DELETE FROM \"%s_skypix_overlap\" WHERE skypix_system = 'htm'", element->name);
    for (size_t i = 0; i < n; i++)
        cb_bytes_printf(&sql, " AND \"%s\"::text = $%zu", names[i], i + 1);
    return cb_db_run(repo->db, cb_bytes_text(&sql), keys, n, NULL, err);
}

static bool insert(struct cb_repo *repo, const struct cb_element *element, const char *const *names,
                   struct cb_param *params, size_t n, const char *pixels, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(1024);
    cb_bytes_printf(&sql, "INSERT INTO \"%s_skypix_overlap\" (skypix_system, skypix_level", element->name);
    for (size_t i = 0; i < n; i++)
        cb_bytes_printf(&sql, ", \"%s\"", names[i]);
    cb_bytes_puts(&sql, ", skypix_index) SELECT 'htm', 7");
    for (size_t i = 0; i < n; i++)
        cb_bytes_printf(&sql, ", $%zu::%s", i + 1,
                        cb_element_key(cb_element_find(names[i], strlen(names[i])))->type == CB_TYPE_INT
                            ? "bigint"
                            : "text");
    cb_bytes_printf(&sql, ", unnest($%zu::bigint[])", n + 1);
    params[n] = cb_p_text(pixels);
    return cb_db_run(repo->db, cb_bytes_text(&sql), params, n + 1, NULL, err);
}

bool cb_overlaps_store(struct cb_repo *repo, const struct cb_element *element, const char *const *values,
                       struct cb_error *err)
{
    const char *names[MAX_KEYS];
    struct cb_param params[MAX_KEYS + 1];
    cb_auto_bytes struct cb_bytes pixels = CB_BYTES(CB_ARRAY_MAX);
    const char *region = values[cb_element_column(element, "region", strlen("region")) - element->columns];
    size_t n = take_keys(element, values, names, params);
    if (region == NULL)
        return forget(repo, element, names, params, n, err);
    if (!find_pixels(region, &pixels, err))
        return cb_context(err, "cannot register %s", element->name);
    return forget(repo, element, names, params, n, err) &&
           insert(repo, element, names, params, n, cb_bytes_text(&pixels), err);
}
