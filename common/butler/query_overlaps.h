/* Private to common/butler: what a query asks of places on the sky. Visits, tracts and pixels in one query
 * are joined where their regions overlap. The pixels of the common mesh that the repository keeps of each
 * region narrow the rows down in SQL; the rows whose regions do not overlap after all are dropped here, which
 * is why limit and offset are counted here, too. Source: butler.md 2.2, 7.4. */
#pragma once

#include "butler/query_sql.h"

/* SQL of a pixel's number where the select joins the pixels of a region itself. */
#define CB_QUERY_PIXEL "\"htm7\".\"id\""

/* Elements that have regions in tables. */
#define CB_QUERY_PLACED                                                                                      \
    (CB_DIM(CB_VISIT) | CB_DIM(CB_VISIT_DETECTOR_REGION) | CB_DIM(CB_TRACT) | CB_DIM(CB_PATCH))

/* Decide, once the expression is compiled, which regions must overlap: those that it names, and when it ties
 * the families (visits, skymap, pixels) among `dims` together in no way, the finest of the two there are.
 * Errors: INVALID more families are untied, or it is not clear which are to be. */
CB_MUST_CHECK bool cb_select_plan_overlaps(struct cb_select *select, uint32_t dims, struct cb_error *err);
/* Elements whose tables the overlaps need. */
uint32_t cb_select_overlap_elements(const struct cb_select *select);
/* Join the pixels of the regions that are tied to a pixel which the query has; learns the pixel's key. Behind
 * the elements' tables. */
void cb_select_join_pixels(struct cb_select *select);
/* Join what the pixels tell of each overlap, or append " AND ..." to the condition; behind all of that. */
void cb_select_join_overlaps(struct cb_select *select, uint32_t dims);
/* ", region, ..." behind the columns of the result: what cb_select_keep_rows looks at. */
void cb_select_put_regions(const struct cb_select *select, struct cb_bytes *columns);
/* Which rows stand: of equal rows one, and only where all regions overlap; then offset and limit (0: none).
 * ret_rows: rising numbers of rows, the caller's to free. Errors: INVALID a region in the
 * repository is none. */
CB_MUST_CHECK bool cb_select_keep_rows(const struct cb_select *select, const struct cb_rows *rows,
                                       size_t offset, size_t limit, size_t **ret_rows, size_t *ret_count,
                                       struct cb_error *err);
