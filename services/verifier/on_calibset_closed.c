/* A day's calibration exposures are in: check them against what is in force. Nothing is generated. */
#include "submit.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/uuid.h"
#include "butler/datasets.h"
#include "calbus/v1/exposure.pb-c.h"
#include "calib/verify_measure.h"
#include "domain/data_id.h"
#include "service/decode.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

/* A closed set as found in the repository. */
struct daily {
    const Calbus__V1__CalibsetClosed *set;
    char run_id[CB_UUID_TEXT_SIZE];
    struct cb_bytes exposures, detectors; /* comma separated */
    int64_t middle_tai_ns;                /* of its first exposure */
    char *in_force; /* RUN of the calibration that the first detector gets; NULL: none */
};

static void daily_done(struct daily *daily)
{
    cb_bytes_done(&daily->exposures);
    cb_bytes_done(&daily->detectors);
    free(daily->in_force);
}
static inline void daily_done_at_exit(struct daily *daily)
{
    daily_done(daily);
}

static void add_number(struct cb_bytes *list, int64_t number)
{
    cb_bytes_printf(list, "%s%lld", list->size > 0 ? "," : "", (long long)number);
}

/* Flats of one filter; other types look at no filter. */
static const char *filter_of(const Calbus__V1__CalibsetClosed *set)
{
    return strcmp(set->observation_type, "flat") == 0 ? set->physical_filter : "";
}

static bool find_exposures(struct cb_repo *repo, struct daily *daily, struct cb_error *err)
{
    const Calbus__V1__CalibsetClosed *set = daily->set;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_repo_read(repo, &tx, err) ||
        !cb_db_run(repo->db, sql_find_set_exposures,
                   CB_P(cb_p_text(set->instrument), cb_p_int(set->day_obs), cb_p_text(set->observation_type),
                        cb_p_text(set->observation_reason), cb_p_text(filter_of(set)),
                        cb_p_text(set->science_program), cb_p_int((int64_t)set->first_exposure),
                        cb_p_int((int64_t)set->last_exposure)),
                   &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++) {
        add_number(&daily->exposures, cb_rows_int(rows, i, 0));
        if (i == 0)
            daily->middle_tai_ns = cb_rows_int(rows, i, 1);
    }
    return true;
}

static bool look_up(struct cb_finder *finder, struct daily *daily, int64_t detector, struct cb_error *err)
{
    const struct cb_timespan when = cb_timespan_of(daily->middle_tai_ns, daily->middle_tai_ns + 1);
    struct cb_data_id id = { 0 };
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    if (!cb_data_id_set(&id, CB_INSTRUMENT, daily->set->instrument, err))
        return false;
    cb_data_id_set_number(&id, CB_DETECTOR, detector);
    if (filter_of(daily->set)[0] != '\0' &&
        !cb_data_id_set(&id, CB_PHYSICAL_FILTER, filter_of(daily->set), err))
        return false;
    if (!cb_finder_find(finder, &id, &when, &found, err))
        return false;
    if (found.count == 0)
        return true;
    add_number(&daily->detectors, detector);
    if (daily->in_force == NULL)
        daily->in_force = cb_xstrdup(found.item[0].run);
    return true;
}

static bool find_detectors(struct cb_repo *repo, struct cb_finder *finder, struct daily *daily,
                           struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_repo_read(repo, &tx, err) ||
        !cb_db_run(repo->db, sql_find_detectors, CB_P(cb_p_text(daily->set->instrument)), &rows, err))
        return false;
    for (size_t i = 0; i < cb_rows_count(rows); i++)
        if (!look_up(finder, daily, cb_rows_int(rows, i, 0), err))
            return false;
    return true;
}

/* Which detectors have a calibration in force, in the default chain. A chain or dataset type that is not
 * there yet is no error: nothing is in force. */
static bool find_in_force(struct cb_repo *repo, struct daily *daily, struct cb_error *err)
{
    cb_auto(cb_free) char *chain = cb_xasprintf("%s/calib", daily->set->instrument);
    const char *const collections[] = { chain };
    cb_auto_collection struct cb_collection collection = { 0 };
    cb_auto_dataset_type struct cb_dataset_type type = { 0 };
    cb_auto(cb_finder_close) struct cb_finder *finder = NULL;
    struct cb_error absent = { 0 };
    if (!cb_collection_find(repo, chain, &collection, &absent) ||
        !cb_dataset_type_find(repo, daily->set->observation_type, &type, &absent)) {
        if (absent.kind == CB_ERR_NOT_FOUND)
            return true;
        if (err != NULL)
            *err = absent;
        return false;
    }
    return cb_finder_open(repo, daily->set->observation_type, collections, 1, &finder, err) &&
           find_detectors(repo, finder, daily, err);
}

static bool store_nothing(struct cb_db *db, const struct daily *daily, const char *reason,
                          struct cb_error *err)
{
    const Calbus__V1__CalibsetClosed *set = daily->set;
    cb_log(CB_INFO, "daily check has nothing to do", cb_str("set_id", set->set_id), cb_str("reason", reason));
    return cb_db_run(db, sql_insert_verification,
                     CB_P(cb_p_text(daily->run_id), cb_p_text("daily"), cb_p_text(set->repository),
                          cb_p_text(set->instrument), cb_p_text(set->observation_type),
                          cb_p_text(filter_of(set)), cb_p_text(""), cb_p_text(""), cb_p_int(set->day_obs),
                          cb_p_text(set->set_id), cb_p_int(set->revision)),
                     NULL, err) &&
           cb_db_run(db, sql_finish_verification,
                     CB_P(cb_p_text(daily->run_id), cb_p_text("NO_DATA"), cb_p_text(reason), cb_p_int(0),
                          cb_p_int(0), cb_p_int(0), cb_p_int(0), cb_p_int(0), cb_p_int(0), cb_p_int(0),
                          cb_p_int(0), cb_p_int(0), cb_p_text("{}"), cb_p_text("")),
                     NULL, err);
}

/* "r" of a flat's "r_03"; "" for other types. */
static void band_of(const Calbus__V1__CalibsetClosed *set, char *ret_band, size_t size)
{
    const char *filter = filter_of(set);
    size_t length = strcspn(filter, "_~");
    if (length >= size)
        length = size - 1;
    memcpy(ret_band, filter, length);
    ret_band[length] = '\0';
}

static bool request(struct verifier *me, struct cb_db *db, const struct daily *daily,
                    const struct cb_event *event, struct cb_error *err)
{
    const Calbus__V1__CalibsetClosed *set = daily->set;
    struct verify_names names;
    char band[32];
    bool is_new;
    band_of(set, band, sizeof band);
    if (!name_daily(set->instrument, set->observation_type, band, (int)set->day_obs, set->set_id,
                    (int)set->revision, &names, err))
        return false;
    cb_auto(cb_free) char *inputs = cb_xasprintf("%s/calib,%s/raw/all", set->instrument, set->instrument);
    cb_auto(cb_free) char *query =
        query_of(set->instrument, cb_bytes_text(&daily->exposures), cb_bytes_text(&daily->detectors));
    const struct submission submission = {
        .run_id = daily->run_id,
        .kind = "daily",
        .repository = set->repository,
        .instrument = set->instrument,
        .calib_type = set->observation_type,
        .physical_filter = filter_of(set),
        .generation_run = daily->in_force,
        .inputs = inputs,
        .query = query,
        .requested_by = "daily check",
        .names = &names,
        .day_obs = (int)set->day_obs,
        .set_id = set->set_id,
        .revision = (int)set->revision,
    };
    return submit(me, db, &submission, event, &is_new, err) &&
           note_exposures(db, daily->run_id, cb_bytes_text(&daily->exposures), "daily", err);
}

/* An older revision than was seen is a no-op; a newer one takes the older's place. */
static bool is_news(struct cb_db *db, const Calbus__V1__CalibsetClosed *set, bool *ret_news,
                    struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_find_newest_revision, CB_P(cb_p_text(set->set_id)), &rows, err))
        return false;
    *ret_news = cb_rows_int(rows, 0, 0) < (int64_t)set->revision;
    return !*ret_news ||
           cb_db_run(db, sql_supersede_set, CB_P(cb_p_text(set->set_id), cb_p_int(set->revision)), NULL, err);
}

static bool check_day(struct verifier *me, struct cb_db *db, struct daily *daily,
                      const struct cb_event *event, struct cb_error *err)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    if (!open_repository(me, db, daily->set->repository, &repo, err) || !find_exposures(repo, daily, err))
        return false;
    if (daily->exposures.size == 0)
        return store_nothing(db, daily, "the repository holds none of the set's exposures", err);
    if (!find_in_force(repo, daily, err))
        return false;
    if (daily->detectors.size == 0)
        return store_nothing(db, daily,
                             "no calibration of this type is in force at the time of the exposures", err);
    return request(me, db, daily, event, err);
}

bool on_calibset_closed(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    struct verifier *me = self;
    enum cb_verify_type type;
    bool news;
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__CalibsetClosed *set = ((const Calbus__V1__ExposureEvent *)message)->calibset_closed;
    if (!cb_verify_type_parse(set->observation_type, &type))
        return true;
    if (!is_news(db, set, &news, err))
        return false;
    if (!news)
        return true;

    __attribute__((cleanup(daily_done_at_exit))) struct daily daily = { .set = set,
                                                                        .exposures = { .max = 1 << 20 },
                                                                        .detectors = { .max = 1 << 16 } };
    cb_auto(cb_free) char *what = cb_xasprintf("daily r%u", set->revision);
    cb_uuid_derive(set->set_id, what, daily.run_id);
    if (!check_day(me, db, &daily, event, err))
        return cb_context(err, "cannot check the %s set of %u", set->observation_type, set->day_obs);
    return true;
}
