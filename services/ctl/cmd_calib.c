/* calbus calib: curated calibrations into a repository, and which calibration applies when. */
#include "butler_say.h"
#include "calib_question.h"
#include "calib_verbs.h"
#include "commands.h"
#include "curated_report.h"

#include "base/alloc.h"
#include "butler/collections.h"
#include "butler/dataset_types.h"
#include "butler/datasets.h"
#include "butler/home.h"
#include "calib/header.h"
#include "domain/data_id.h"
#include "domain/instrument.h"
#include "domain/ticket.h"
#include "domain/timespan.h"
#include "io/clock.h"
#include "io/fits_header.h"

#include "base/tai.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Curated types per detector, with what keeps them (butler.md 2.5). */
static const struct {
    const char *type, *storage_class;
} curated_types[] = {
    { "ptc", "PhotonTransferCurveDataset" },
    { "linearizer", "Linearizer" },
    { "bfk", "BrighterFatterKernel" },
    { "crosstalk", "CrosstalkCalib" },
    { "cti", "IsrCalib" },
    { "defects", "Defects" },
    { "manual_defects", "Defects" },
    { "gain_correction", "IsrCalib" },
};

static const struct ctl_flag curate_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label; /repo/main unless given." },
    { "type", 0, CTL_FLAG_TEXT, "TYPE",
      "Dataset type: ptc, linearizer, bfk, crosstalk, cti, defects, manual_defects, gain_correction." },
    { "from", 0, CTL_FLAG_TEXT, "FOLDER",
      "Instead of files: a data package, FOLDER/<camera>/<type>/<detector>/<start>.ecsv, all its types but "
      "transmission curves, which are left out with a warning." },
    { "camera", 0, CTL_FLAG_TEXT, "FILE",
      "FITS file of the camera, made by the pipelines; with --from, or by itself." },
    { "instrument", 'i', CTL_FLAG_TEXT, "INSTRUMENT", "Whose calibrations they are; required." },
    { "ticket", 't', CTL_FLAG_TEXT, "TICKET", "Ticket that the calibrations belong to; required." },
    { "begin-date", 0, CTL_FLAG_TEXT, "DATE", "Start of validity, ISO 8601 in TAI; unbounded unless given." },
    { "end-date", 0, CTL_FLAG_TEXT, "DATE", "End of validity (exclusive); open unless given." },
    { .name = NULL },
};

struct curation {
    struct cb_repo *repo;
    const struct cb_instrument *instrument;
    const char *type, *storage_class, *ticket;
    struct cb_timespan validity;
    char *const *files; /* [n_files], borrowed */
    size_t n_files;
    char run[256], collection[256];
};

static bool find_type(struct ctl *ctl, struct curation *job, struct cb_error *err)
{
    job->type = ctl_args_text(&ctl->args, "type", NULL);
    for (size_t i = 0; job->type != NULL && i < sizeof curated_types / sizeof curated_types[0]; i++)
        if (strcmp(curated_types[i].type, job->type) == 0)
            job->storage_class = curated_types[i].storage_class;
    if (job->storage_class == NULL)
        return ctl_refuse(ctl, CTL_USAGE, err, "--type must name a curated type, such as ptc");
    return true;
}

/* Names as write-curated-calibrations makes them (instruments.md 3.1): a RUN per start of validity. */
static bool name_collections(struct ctl *ctl, struct curation *job, struct cb_error *err)
{
    const char *instrument = ctl_args_text(&ctl->args, "instrument", NULL);
    job->ticket = ctl_args_text(&ctl->args, "ticket", NULL);
    if (instrument == NULL || job->ticket == NULL)
        return ctl_refuse(ctl, CTL_USAGE, err, "--instrument and --ticket are required");
    if (!cb_ticket_is_valid(job->ticket))
        return ctl_refuse(ctl, CTL_USAGE, err, "\"%s\" is not a ticket's key such as DM-48650", job->ticket);
    job->instrument = cb_instrument_find(instrument);
    if (job->instrument == NULL) {
        ctl_refuse(ctl, CTL_NOT_FOUND, err, "no instrument \"%s\"", instrument);
        return false;
    }

    char stamp[CB_ISO_SIZE] = "unbounded";
    if (cb_timespan_has_begin(job->validity)) {
        char iso[CB_ISO_SIZE];
        size_t used = 0;
        cb_iso_format(job->validity.begin_ns, 0, 'T', iso);
        for (const char *c = iso; *c != '\0'; c++)
            if (*c != '-' && *c != ':')
                stamp[used++] = *c;
        snprintf(stamp + used, sizeof stamp - used, "Z");
    }
    snprintf(job->run, sizeof job->run, "%s/calib/%s/%s%s", instrument, job->ticket,
             cb_timespan_has_begin(job->validity) ? "curated/" : "", stamp);
    snprintf(job->collection, sizeof job->collection, "%s/calib/%s", instrument, job->ticket);
    return true;
}

/* Which detector a file is for: its own word, checked against instrument and type. */
static bool read_detector(const struct curation *job, const char *path, int64_t *ret_detector,
                          struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    const char *obstype = "";
    int64_t detector;
    if (!cb_header_read(path, 1, &header, err))
        return false;
    if (!cb_header_get_int(header, "DETECTOR", &detector))
        return cb_fail(err, CB_ERR_INVALID, "\"%s\": key DETECTOR is missing", path);
    if (cb_header_get_string(header, "OBSTYPE", &obstype) && strcasecmp(obstype, job->type) != 0)
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is of type \"%s\", not \"%s\"", path, obstype, job->type);
    struct cb_detector known;
    if (!cb_instrument_detector(job->instrument, (int)detector, &known, err))
        return cb_context(err, "\"%s\"", path);
    *ret_detector = detector;
    return true;
}

static bool put_all(const struct curation *job, char (*ids)[CB_UUID_TEXT_SIZE], struct cb_error *err)
{
    size_t n = job->n_files;
    struct cb_put *puts = cb_xalloc_array(n, sizeof *puts);
    struct cb_data_id *data_ids = cb_xalloc_array(n, sizeof *data_ids);
    char(*paths)[PATH_MAX] = cb_xalloc_array(n, sizeof *paths);
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        int64_t detector = 0;
        if (realpath(job->files[i], paths[i]) == NULL)
            ok = cb_fail(err, CB_ERR_NOT_FOUND, "no file \"%s\"", job->files[i]);
        ok = ok && read_detector(job, paths[i], &detector, err);
        data_ids[i].has = CB_DIM(CB_INSTRUMENT);
        snprintf(data_ids[i].instrument, sizeof data_ids[i].instrument, "%s", job->instrument->name);
        cb_data_id_set_number(&data_ids[i], CB_DETECTOR, detector);
        puts[i] = (struct cb_put){ .data_id = &data_ids[i], .file = paths[i] };
    }
    const struct cb_put_options options = { .transfer = CB_TRANSFER_COPY };
    ok = ok && cb_dataset_put(job->repo, job->type, job->run, puts, n, &options, ids, err);
    free(puts);
    free(data_ids);
    free(paths);
    return ok;
}

static bool put_and_certify(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct curation *job = arg;
    char(*ids)[CB_UUID_TEXT_SIZE] = cb_xalloc_array(job->n_files, sizeof *ids);
    const char **id_texts = cb_xalloc_array(job->n_files, sizeof *id_texts);
    for (size_t i = 0; i < job->n_files; i++)
        id_texts[i] = ids[i];
    bool ok = cb_collection_register(repo, job->run, CB_COLLECTION_RUN, NULL, NULL, err) &&
              put_all(job, ids, err) &&
              cb_collection_register(repo, job->collection, CB_COLLECTION_CALIBRATION, NULL, NULL, err) &&
              cb_certify(repo, job->collection, id_texts, job->n_files, job->validity, err);
    free(ids);
    free(id_texts);
    return ok;
}

/* The type first and by itself: making its tables locks those that raws are being registered in. */
static bool register_all(struct curation *job, struct cb_error *err)
{
    const uint32_t dims = CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR);
    return cb_dataset_type_register(job->repo, job->type, dims, job->storage_class, true, NULL, err) &&
           cb_repo_transact(job->repo, put_and_certify, job, err);
}

/* Curated calibrations stand behind what was built, and the camera's RUN last: it is found at any time. */
static void say_next(const struct ctl *ctl, const struct cb_curated_target *target, const char *instrument)
{
    ctl_say(ctl, "next: calbus chain extend %s/calib %s", instrument, target->collection);
    if (target->camera != NULL)
        ctl_say(ctl, "      calbus chain extend %s/calib %s/unbounded", instrument, target->prefix);
}

/* A whole data package (NULL: none, only a camera): types and validities are its own. */
static bool curate_package(struct ctl *ctl, const char *package, struct cb_error *err)
{
    struct curation job = { .validity = cb_timespan_of(CB_TIMESPAN_MIN_NS, CB_TIMESPAN_MAX_NS) };
    static const char *const of_files[] = { "type", "begin-date", "end-date" };
    for (size_t i = 0; i < sizeof of_files / sizeof of_files[0]; i++)
        if (ctl_args_text(&ctl->args, of_files[i], NULL) != NULL)
            return ctl_refuse(ctl, CTL_USAGE, err, "--%s does not go with %s", of_files[i],
                              package != NULL ? "--from" : "--camera");
    if (ctl->args.n_words > 0)
        return ctl_refuse(ctl, CTL_USAGE, err, "files do not go with %s",
                          package != NULL ? "--from" : "--camera");
    if (!name_collections(ctl, &job, err) || job.instrument == NULL)
        return false;

    struct cb_db *db;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto_curated struct cb_curated curated = { .instrument = job.instrument };
    cb_auto(cb_free) char *index = ctl_home_path(&ctl->layout, "repositories.yaml");
    cb_auto(cb_free) char *folder =
        package != NULL ? cb_xasprintf("%s/%s", package, job.instrument->policy_name) : NULL;
    const struct cb_curated_target target = { job.collection, job.collection,
                                              ctl_args_text(&ctl->args, "camera", NULL),
                                              ctl_scratch_folder() };
    if ((folder != NULL && !cb_curated_read(folder, job.instrument, &curated, err)) ||
        !ctl_db_of(ctl, &db, err) || !cb_repo_open_home(index, ctl_repository(ctl), db, &repo, err) ||
        !cb_curated_store(repo, &curated, &target, err) ||
        !ctl_print_one(ctl, "collection", job.collection, err))
        return false;
    butler_say_command("calbus", "calib curate");
    butler_say_quietly(ctl_args_has(&ctl->args, "quiet"));
    curated_report(&curated, &target);
    say_next(ctl, &target, job.instrument->name);
    return true;
}

static bool curate(struct ctl *ctl, struct cb_error *err)
{
    const char *package = ctl_args_text(&ctl->args, "from", NULL);
    if (package != NULL || ctl_args_has(&ctl->args, "camera"))
        return curate_package(ctl, package, err);
    if (ctl->args.n_words == 0)
        return ctl_refuse(ctl, CTL_USAGE, err,
                          "give the files to be put, a data package with --from, or a --camera");
    struct curation job = { .files = ctl->args.words, .n_files = ctl->args.n_words };
    const char *begin_text = ctl_args_text(&ctl->args, "begin-date", NULL);
    const char *end_text = ctl_args_text(&ctl->args, "end-date", NULL);
    int64_t begin = CB_TIMESPAN_MIN_NS, end = CB_TIMESPAN_MAX_NS;
    if ((begin_text != NULL && !cb_timespan_parse_date(begin_text, &begin, err)) ||
        (end_text != NULL && !cb_timespan_parse_date(end_text, &end, err)) ||
        !cb_timespan_validity(begin, end, &job.validity, err) || !find_type(ctl, &job, err) ||
        !name_collections(ctl, &job, err))
        return false;

    struct cb_db *db;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto(cb_free) char *index = ctl_home_path(&ctl->layout, "repositories.yaml");
    if (!ctl_db_of(ctl, &db, err) || !cb_repo_open_home(index, ctl_repository(ctl), db, &repo, err))
        return false;
    job.repo = repo;
    if (!register_all(&job, err))
        return false;
    if (!ctl_print_one(ctl, "collection", job.collection, err))
        return false;
    ctl_say(ctl, "put %zu %s into %s and certified them; next: calbus chain extend %s/calib %s",
            ctl->args.n_words, job.type, job.run, job.instrument->name, job.collection);
    return true;
}

static const struct ctl_flag which_flags[] = {
    { "repo", 'r', CTL_FLAG_TEXT, "REPO", "Repository label; /repo/main unless given." },
    { "collections", 0, CTL_FLAG_LIST, "NAMES", "Where to look, in order; INSTRUMENT/calib unless given." },
    { "filter", 0, CTL_FLAG_TEXT, "FILTER", "Physical filter, for flats; the same as FILTER." },
    { .name = NULL },
};

static const struct ctl_column find_columns[] = {
    { "collection", "COLLECTION", CTL_COL_TEXT },
    { "run", "RUN", CTL_COL_TEXT },
    { "dataset_id", "DATASET", CTL_COL_TEXT },
    { "validity", "VALIDITY (TAI)", CTL_COL_TEXT },
    { "path", "PATH", CTL_COL_TEXT },
    { .key = NULL },
};

static bool find(struct ctl *ctl, struct calib_question *asked, struct cb_error *err)
{
    struct cb_db *db;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    cb_auto(cb_free) char *index = ctl_home_path(&ctl->layout, "repositories.yaml");
    if (!ctl_db_of(ctl, &db, err) || !cb_repo_open_home(index, ctl_repository(ctl), db, &repo, err) ||
        !calib_question_fit(ctl, repo, asked, err) ||
        !cb_dataset_find(repo, asked->type, &asked->id, (const char *const *)asked->path.item,
                         asked->path.count, &asked->when, &found, err))
        return false;
    if (found.count == 0) {
        ctl_hint(ctl, "calbus calib explain says why.");
        return ctl_refuse(ctl, CTL_NOT_FOUND, err, "no %s of detector %s holds at %s in %s%s", asked->type,
                          ctl_word(ctl, 1), asked->time_text, asked->path.item[0],
                          asked->path.count > 1 ? " or what else is searched" : "");
    }

    char validity[CB_TIMESPAN_ISO_SIZE];
    cb_timespan_format_iso(found.item[0].validity, validity);
    const char *const cells[] = { found.item[0].collection, found.item[0].run, found.item[0].id, validity,
                                  found.item[0].path };
    cb_auto(ctl_table_free) struct ctl_table *table = ctl_table_new("calbus.calib.which.v1", find_columns);
    ctl_table_add(table, cells);
    return ctl_print(ctl, table, err);
}

static bool which(struct ctl *ctl, struct cb_error *err)
{
    struct calib_question asked = { .type = NULL };
    bool ok = calib_question_read(ctl, &asked, err) && find(ctl, &asked, err);
    calib_question_done(&asked);
    return ok;
}

static const struct ctl_verb verbs[] = {
    { .name = "curate",
      .words = "[FILE...]",
      .summary =
          "Put curated calibrations, a file per detector, into a ticketed collection and certify them.",
      .examples = "calbus calib curate -i LSSTComCam --type ptc --ticket DM-48650 ptc_*.fits\n"
                  "calbus calib curate -i LATISS --ticket DM-12345 --from \"$OBS_LSST_DATA_DIR\"",
      .flags = curate_flags,
      .least = 0,
      .most = -1,
      .run = curate },
    { .name = "which",
      .words = "INSTRUMENT DETECTOR TYPE [FILTER] TIME",
      .summary = "Say which calibration applies at a time (TAI), and from where.",
      .examples = "calbus calib which LSSTComCam 4 bias 2024-12-09T03:00:00\n"
                  "calbus calib which LSSTComCam R22_S11 flat r_03 2024-12-09T03:00:00",
      .flags = which_flags,
      .least = 4,
      .most = 5,
      .run = which },
    { .name = "explain",
      .words = "INSTRUMENT DETECTOR TYPE [FILTER] TIME",
      .summary = "Say which calibration applies at a time (TAI), and why not each of the others.",
      .examples = "calbus calib explain LSSTComCam 4 bias 2024-12-09T03:00:00\n"
                  "calbus calib explain LSSTComCam 4 flat r_03 2024-12-09T03:00:00 --all --json",
      .flags = ctl_explain_flags,
      .least = 4,
      .most = 5,
      .run = ctl_calib_explain },
    { .name = "recertify",
      .words = "COLLECTION TYPE",
      .summary = "Change the validity of what is certified, in one step and with its history.",
      .examples =
          "calbus calib recertify LSSTComCam/calib/DM-1/demo/bias.20241210a bias --end-date "
          "2025-02-01T12:00:00 --reason \"a new REB\" --taxicab TAXICAB-2\n"
          "calbus calib recertify LSSTComCam/calib/DM-1/demo/bias.20241210a bias --end-date "
          "2025-02-01T12:00:00 --successor LSSTComCam/calib/DM-2/demo/bias.20250201a -m \"a new REB\"",
      .flags = ctl_recertify_flags,
      .least = 2,
      .most = 2,
      .run = ctl_calib_recertify },
    { .name = "history",
      .words = "[COLLECTION]",
      .summary = "Show validity ranges that were changed: when, by whom, from what to what, and why.",
      .examples = "calbus calib history LSSTComCam/calib/DM-1/demo/bias.20241210a",
      .least = 0,
      .most = 1,
      .run = ctl_calib_history },
    { .name = "decertify",
      .words = "COLLECTION TYPE",
      .summary =
          "Take a range out of the validity of a type's certifications; what lies before and after stays.",
      .examples =
          "calbus calib decertify LSSTComCam/calib/DM-1/demo/bias.20241210a bias --reason \"light leak\"\n"
          "calbus calib decertify LSSTComCam/calib/DM-1/demo/bias.20241210a bias -i LSSTComCam -d 4 "
          "--begin-date 2024-12-09T12:00:00 --reason \"light leak\" --taxicab TAXICAB-3",
      .flags = ctl_decertify_flags,
      .least = 2,
      .most = 2,
      .run = ctl_calib_decertify },
    { .run = NULL },
};
const struct ctl_noun noun_calib = { "calib", "Curated calibrations, and which calibration applies when.",
                                     verbs, false };
