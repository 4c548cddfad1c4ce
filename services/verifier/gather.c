/* Reads detector statistics out of the repository into tests and metrics. */
#include "conclude.h"

#include "base/alloc.h"
#include "base/json.h"
#include "butler/datasets.h"
#include "read_stats.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

/* Frames that one call stores. */
#define CHUNK 100

/* A statistics file to read. */
struct frame {
    const char *dataset_id;
    int64_t exposure, detector;
    int64_t time_tai_ns;
};

static bool store_metrics(struct cb_db *db, const struct ended *ended, const struct frame *frame,
                          const struct frame_stats *stats, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_next_sequence, CB_P0, &rows, err))
        return false;
    const int64_t sequence = cb_rows_int(rows, 0, 0);
    return cb_db_run(db, sql_insert_metric_record,
                     CB_P(cb_p_int(sequence), cb_p_text(ended->run_id), cb_p_text(ended->instrument),
                          cb_p_int(frame->detector), cb_p_text(ended->calib_type),
                          cb_p_text(ended->physical_filter), cb_p_int(frame->exposure),
                          cb_p_int(frame->exposure / 100000), cb_p_text(ended->verify_run),
                          cb_p_text(ended->kind), cb_p_int(frame->time_tai_ns), cb_p_text(stats->calib_uuid),
                          cb_p_bool(stats->success)),
                     NULL, err) &&
           cb_db_run(db, sql_insert_metric_values,
                     CB_P(cb_p_int(sequence), cb_p_text(cb_bytes_text(&stats->values))), NULL, err);
}

static bool store_frame(struct cb_db *db, const struct ended *ended, const struct frame *frame,
                        const struct frame_stats *stats, struct cb_error *err)
{
    return cb_db_run(db, sql_insert_frame,
                     CB_P(cb_p_text(ended->run_id), cb_p_int(frame->exposure), cb_p_int(frame->detector),
                          cb_p_text(stats->detector_name), cb_p_bool(stats->was_input),
                          cb_p_bool(stats->success), cb_p_text(stats->calib_run),
                          cb_p_text(stats->calib_uuid), cb_p_text(stats->calib_sha256)),
                     NULL, err) &&
           cb_db_run(db, sql_insert_tests,
                     CB_P(cb_p_text(ended->run_id), cb_p_int(frame->exposure), cb_p_int(frame->detector),
                          cb_p_text(cb_bytes_text(&stats->tests))),
                     NULL, err) &&
           store_metrics(db, ended, frame, stats, err);
}

static bool read_frame(struct cb_repo *repo, struct cb_db *db, const struct ended *ended,
                       const struct frame *frame, struct cb_error *err)
{
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    cb_auto(cb_free) char *path = NULL;
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    auto_frame_stats struct frame_stats stats = { 0 };
    return cb_dataset_get(repo, &frame->dataset_id, 1, &list, err) &&
           cb_dataset_file(repo, &list.item[0], &path, err) && cb_yaml_read(path, &yaml, err) &&
           read_frame_stats(yaml, &stats, err) && store_frame(db, ended, frame, &stats, err);
}

/* Middle of an exposure; 0 when the repository does not know it. */
static bool find_time(struct cb_repo *repo, const char *instrument, int64_t exposure, int64_t *ret_ns,
                      struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(cb_free) char *text = cb_xasprintf("%lld", (long long)exposure);
    if (!cb_repo_read(repo, &tx, err) || !cb_db_run(repo->db, sql_find_exposure_times,
                                                    CB_P(cb_p_text(instrument), cb_p_text(text)), &rows, err))
        return false;
    *ret_ns = cb_rows_count(rows) > 0 ? cb_rows_int(rows, 0, 1) : 0;
    return true;
}

bool gather(struct verifier *me, struct cb_db *db, const struct ended *ended, bool *ret_more,
            struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    struct frame frame = { .exposure = -1 };
    if (!cb_db_run(db, sql_find_ungathered, CB_P(cb_p_text(ended->run_id), cb_p_int(CHUNK)), &rows, err))
        return false;
    *ret_more = cb_rows_count(rows) == CHUNK;
    if (cb_rows_count(rows) == 0)
        return true;
    if (!open_repository(me, db, ended->repository, &repo, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++) {
        int64_t exposure = cb_rows_int(rows, i, 1);
        if (exposure != frame.exposure &&
            !find_time(repo, ended->instrument, exposure, &frame.time_tai_ns, err))
            return false;
        frame.dataset_id = cb_rows_text(rows, i, 0);
        frame.exposure = exposure;
        frame.detector = cb_rows_int(rows, i, 2);
        if (!read_frame(repo, db, ended, &frame, err))
            return cb_context(err, "cannot gather the statistics of exposure %lld, detector %lld",
                              (long long)frame.exposure, (long long)frame.detector);
    }
    return true;
}
