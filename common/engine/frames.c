/* Raw frames of a data query. */
#include "base/alloc.h"
#include "butler/datasets.h"
#include "butler/rows.h"
#include "domain/where.h"
#include "engine/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tables that the statement below joins; others cannot be named in the data query. */
#define JOINED                                                                                               \
    (CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR) | CB_DIM(CB_PHYSICAL_FILTER) | CB_DIM(CB_BAND) |            \
     CB_DIM(CB_EXPOSURE) | CB_DIM(CB_DAY_OBS) | CB_DIM(CB_GROUP))

/* The flattened search path as an array of collection ids. */
static bool search_path(struct cb_repo *repo, const struct cb_texts *inputs, struct cb_bytes *ids,
                        struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list list = { 0 };

    if (!cb_collection_flatten(repo, (const char *const *)inputs->at, inputs->count, false, &list, err))
        return false;
    cb_array_begin(ids);
    for (size_t i = 0; i < list.count; i++)
        cb_array_int(ids, list.item[i].id);
    cb_array_end(ids);
    return true;
}

static bool compile(const char *where, struct cb_where_sql *ret_sql, struct cb_error *err)
{
    const struct cb_where_context context = {
        .dimensions = CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR) | CB_DIM(CB_EXPOSURE),
        .params_before = 2,
    };

    if (!cb_where_compile(where, &context, ret_sql, err))
        return false;
    if ((ret_sql->elements & ~(uint32_t)JOINED) != 0 || ret_sql->n_overlaps > 0)
        return cb_fail(err, CB_ERR_INVALID,
                       "the data query \"%s\" names something other than exposures, detectors "
                       "and filters",
                       where);
    return true;
}

static bool run_query(struct cb_repo *repo, const struct cb_dataset_type *type, const char *path,
                      const struct cb_where_sql *where, struct cb_rows **ret_rows, struct cb_error *err)
{
    cb_auto(cb_free) struct cb_param *params = cb_xalloc_array(where->n_params + 2, sizeof *params);
    cb_auto(cb_free) char *tags = cb_db_quote_identifier(repo->db, type->tags_table);
    cb_auto(cb_free) char *sql = cb_xasprintf(
        "SELECT DISTINCT ON (t.instrument, t.exposure, t.detector) t.dataset_id, r.name, t.instrument, "
        "t.detector, "
        "t.exposure, \"exposure\".physical_filter, \"physical_filter\".band, \"exposure\".timespan "
        "FROM %s t JOIN unnest($1::bigint[]) WITH ORDINALITY AS c(id, rank) ON t.collection_id = c.id "
        "JOIN dataset d ON d.id = t.dataset_id JOIN collection r ON r.collection_id = d.run_id "
        "JOIN \"instrument\" ON \"instrument\".name = t.instrument "
        "JOIN \"exposure\" ON \"exposure\".instrument = t.instrument AND \"exposure\".id = t.exposure "
        "JOIN \"detector\" ON \"detector\".instrument = t.instrument AND \"detector\".id = t.detector "
        "JOIN \"physical_filter\" ON \"physical_filter\".instrument = t.instrument "
        "AND \"physical_filter\".name = \"exposure\".physical_filter "
        "JOIN \"day_obs\" ON \"day_obs\".instrument = t.instrument AND \"day_obs\".id = \"exposure\".day_obs "
        "JOIN \"group\" ON \"group\".instrument = t.instrument AND \"group\".name = \"exposure\".\"group\" "
        "WHERE t.dataset_type_id = $2 AND (%s) ORDER BY t.instrument, t.exposure, t.detector, c.rank",
        tags, where->text);

    params[0] = cb_p_text(path);
    params[1] = cb_p_int(type->id);
    for (size_t i = 0; i < where->n_params; i++)
        params[i + 2] = cb_p_text(where->params[i].value);
    return cb_db_run(repo->db, sql, params, where->n_params + 2, ret_rows, err);
}

static bool read_frames(const struct cb_rows *rows, const char *dataset_type, struct cb_frame_list *frames,
                        struct cb_error *err)
{
    frames->frame = cb_xalloc_array(cb_rows_count(rows) + 1, sizeof *frames->frame);
    for (size_t i = 0; i < cb_rows_count(rows); i++) {
        struct cb_frame *frame = &frames->frame[frames->count++];
        snprintf(frame->dataset_id, sizeof frame->dataset_id, "%s", cb_rows_text(rows, i, 0));
        frame->dataset_type = cb_xstrdup(dataset_type);
        frame->run = cb_xstrdup(cb_rows_text(rows, i, 1));
        frame->detector = cb_rows_int(rows, i, 3);
        frame->exposure = cb_rows_int(rows, i, 4);
        frame->physical_filter = cb_xstrdup(cb_rows_text(rows, i, 5));
        frame->band = cb_xstrdup(cb_rows_text(rows, i, 6));
        frame->when = (struct cb_timespan)CB_TIMESPAN_ALWAYS;
        if (!cb_rows_is_null(rows, i, 7) && !cb_timespan_parse(cb_rows_text(rows, i, 7), &frame->when, err))
            return false;
        if (strcmp(cb_rows_text(rows, i, 2), cb_rows_text(rows, 0, 2)) != 0)
            return cb_fail(err, CB_ERR_INVALID,
                           "the data query selects exposures of %s and of %s: say instrument=...",
                           cb_rows_text(rows, 0, 2), cb_rows_text(rows, i, 2));
    }
    if (frames->count > 0)
        snprintf(frames->instrument, sizeof frames->instrument, "%s", cb_rows_text(rows, 0, 2));
    return true;
}

bool cb_frames_query(struct cb_repo *repo, const char *dataset_type, const struct cb_texts *inputs,
                     const char *where, struct cb_frame_list *ret_frames, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto_dataset_type struct cb_dataset_type type = { 0 };
    cb_auto_where_sql sql = { 0 };
    cb_auto_bytes struct cb_bytes path = CB_BYTES(CB_ARRAY_MAX);
    struct cb_frame_list frames = { 0 };

    if (!compile(where, &sql, err) || !cb_dataset_type_find(repo, dataset_type, &type, err) ||
        !search_path(repo, inputs, &path, err) || !cb_repo_read(repo, &tx, err) ||
        !run_query(repo, &type, cb_bytes_text(&path), &sql, &rows, err))
        return false;
    if (!read_frames(rows, dataset_type, &frames, err)) {
        cb_frame_list_done(&frames);
        return false;
    }
    *ret_frames = frames;
    return true;
}

void cb_frame_list_done(struct cb_frame_list *frames)
{
    for (size_t i = 0; i < frames->count; i++) {
        free(frames->frame[i].dataset_type);
        free(frames->frame[i].run);
        free(frames->frame[i].physical_filter);
        free(frames->frame[i].band);
    }
    free(frames->frame);
    *frames = (struct cb_frame_list){ 0 };
}
