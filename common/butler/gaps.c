/* Nights without a calibration. */
#include "butler/gaps.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "butler/collections.h"
#include "butler/dataset_types.h"
#include "butler/rows.h"
#include "domain/dimensions.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

/* What a search for gaps has at hand. */
struct search {
    struct cb_repo *repo;
    const char *instrument;
    struct cb_dataset_type raw;
    struct cb_bytes chain; /* array: ids of the CALIBRATION collections */
    struct cb_validity_gaps *gaps;
};

void cb_validity_gaps_done(struct cb_validity_gaps *gaps)
{
    for (size_t i = 0; i < gaps->count; i++) {
        free(gaps->item[i].type);
        free(gaps->item[i].physical_filter);
    }
    free(gaps->item);
    *gaps = (struct cb_validity_gaps){ 0 };
}

static void search_done(struct search *search)
{
    cb_dataset_type_done(&search->raw);
    cb_bytes_done(&search->chain);
}
#define auto_search __attribute__((cleanup(search_done))) struct search

static bool is_absent(const struct cb_error *why, struct cb_error *err)
{
    if (why->kind != CB_ERR_NOT_FOUND && err != NULL)
        *err = *why;
    return why->kind == CB_ERR_NOT_FOUND;
}

/* *ret_any false: the repository has no raws, or no default chain with certifications. */
static bool look_around(struct search *search, bool *ret_any, struct cb_error *err)
{
    struct cb_error why = { 0 };
    cb_auto_collections struct cb_collection_list path = { 0 };
    cb_auto(cb_free) char *chain = cb_xasprintf("%s/calib", search->instrument);
    const char *const start[] = { chain };
    *ret_any = false;
    if (!cb_dataset_type_find(search->repo, "raw", &search->raw, &why) ||
        !cb_collection_flatten(search->repo, start, 1, false, &path, &why))
        return is_absent(&why, err);
    cb_array_begin(&search->chain);
    for (size_t i = 0; i < path.count; i++)
        if (path.item[i].type == CB_COLLECTION_CALIBRATION) {
            cb_array_int(&search->chain, path.item[i].id);
            *ret_any = true;
        }
    cb_array_end(&search->chain);
    return true;
}

static bool find_night(struct search *search, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(cb_free) char *tags = cb_db_quote_identifier(search->repo->db, search->raw.tags_table);
    cb_auto(cb_free) char *sql = cb_xasprintf(
        "SELECT e.day_obs FROM exposure AS e WHERE e.instrument = $1 AND EXISTS (SELECT FROM %s AS r WHERE"
        " r.instrument = e.instrument AND r.exposure = e.id AND r.dataset_type_id = $2::bigint)"
        " ORDER BY e.day_obs DESC LIMIT 1",
        tags);
    if (!cb_db_run(search->repo->db, sql, CB_P(cb_p_text(search->instrument), cb_p_int(search->raw.id)),
                   &rows, err))
        return false;
    search->gaps->day_obs = cb_rows_count(rows) > 0 ? cb_rows_int(rows, 0, 0) : 0;
    return true;
}

/* What is certified (h) is of the data ID that is needed (s). */
static char *same_id(uint32_t dims)
{
    return cb_xasprintf(
        "h.instrument = $1%s%s", (dims & CB_DIM(CB_DETECTOR)) != 0 ? " AND h.detector = s.detector" : "",
        (dims & CB_DIM(CB_PHYSICAL_FILTER)) != 0 ? " AND h.physical_filter = s.physical_filter" : "");
}

/* $1 instrument  $2 day  $3 dataset type  $4 collections  $5 dataset type of raws */
static char *gap_query(struct search *search, const struct cb_dataset_type *type)
{
    cb_auto(cb_free) char *tags = cb_db_quote_identifier(search->repo->db, search->raw.tags_table);
    cb_auto(cb_free) char *calibs = cb_db_quote_identifier(search->repo->db, type->calibs_table);
    cb_auto(cb_free) char *same = same_id(type->dims);
    bool filter = (type->dims & CB_DIM(CB_PHYSICAL_FILTER)) != 0;
    bool detector = (type->dims & CB_DIM(CB_DETECTOR)) != 0;
    return cb_xasprintf(
        "WITH seen AS (SELECT DISTINCT r.detector, e.id, e.physical_filter, e.timespan FROM exposure AS e "
        "JOIN %s AS r ON"
        " r.instrument = e.instrument AND r.exposure = e.id AND r.dataset_type_id = $5::bigint"
        " WHERE e.instrument = $1 AND e.day_obs = $2::bigint AND e.timespan IS NOT NULL),"
        " held AS (SELECT * FROM %s WHERE dataset_type_id = $3::bigint AND collection_id = ANY "
        "($4::bigint[]))"
        " SELECT %s, %s, min(s.id) FROM seen AS s WHERE EXISTS (SELECT FROM held AS h WHERE %s)"
        " AND NOT EXISTS (SELECT FROM held AS h WHERE %s AND h.timespan && s.timespan) GROUP BY 1 ORDER BY 1",
        tags, calibs, filter ? "s.physical_filter" : "''::text",
        detector ? "count(DISTINCT s.detector)" : "0", same, same);
}

static bool is_of_a_frame(const struct cb_dataset_type *type)
{
    static const uint32_t known = CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR) | CB_DIM(CB_PHYSICAL_FILTER);
    return type->is_calibration && type->calibs_table != NULL && (type->dims & CB_DIM(CB_INSTRUMENT)) != 0 &&
           (type->dims & ~known) == 0;
}

static bool find_of_type(struct search *search, const struct cb_dataset_type *type, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(cb_free) char *sql = gap_query(search, type);
    struct cb_validity_gaps *gaps = search->gaps;
    if (!cb_db_run(search->repo->db, sql,
                   CB_P(cb_p_text(search->instrument), cb_p_int(gaps->day_obs), cb_p_int(type->id),
                        cb_p_text(cb_bytes_text(&search->chain)), cb_p_int(search->raw.id)),
                   &rows, err))
        return false;
    gaps->item = cb_xrealloc_array(gaps->item, gaps->count + cb_rows_count(rows) + 1, sizeof *gaps->item);
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        gaps->item[gaps->count++] =
            (struct cb_validity_gap){ .type = cb_xstrdup(type->name),
                                      .physical_filter = cb_xstrdup(cb_rows_text(rows, i, 0)),
                                      .detectors = cb_rows_int(rows, i, 1),
                                      .first_exposure = cb_rows_int(rows, i, 2) };
    return true;
}

static bool find_all(struct search *search, struct cb_error *err)
{
    cb_auto_dataset_types struct cb_dataset_type_list types = { 0 };
    if (!cb_dataset_type_query(search->repo, NULL, 0, &types, err))
        return false;
    for (size_t i = 0; i < types.count; i++)
        if (is_of_a_frame(&types.item[i]) && !find_of_type(search, &types.item[i], err))
            return false;
    return true;
}

bool cb_validity_gaps_find(struct cb_repo *repo, const char *instrument, struct cb_validity_gaps *ret_gaps,
                           struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto_validity_gaps struct cb_validity_gaps gaps = { 0 };
    auto_search search = {
        .repo = repo, .instrument = instrument, .chain = CB_BYTES(CB_ARRAY_MAX), .gaps = &gaps
    };
    bool any = false;
    if (!cb_repo_read(repo, &tx, err) || !look_around(&search, &any, err) ||
        (any && !find_night(&search, err)) || (gaps.day_obs != 0 && !find_all(&search, err)))
        return false;
    *ret_gaps = gaps;
    gaps = (struct cb_validity_gaps){ 0 };
    return true;
}
