/* Files of one exposure: read whole in a worker thread, then registered, or set aside, in one transaction. */
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "butler/home.h"
#include "calbus/v1/exposure.pb-c.h"
#include "ingest.h"
#include "io/file.h"
#include "service/outbox.h"
#include "service/metrics.h"
#include "sets.h"
#include "sql.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEASE_S = 10, FILES_MOST = 32, KEPT_NAME_MAX = 160 };

struct landed {
    char *path;
    int64_t token;
    bool is_gone;          /* somebody took it away before it was read */
    struct cb_error later; /* why it is to be tried again; kind NONE: it is not */
    struct cb_raw_file file;
};

struct exposure_job {
    char site[16];
    size_t n;
    struct landed landed[FILES_MOST];
};

static void release(void *self, void *context)
{
    (void)self;
    struct exposure_job *job = context;
    for (size_t i = 0; i < job->n; i++) {
        free(job->landed[i].path);
        cb_raw_file_done(&job->landed[i].file);
    }
    free(job);
}

static bool claim(void *self, struct cb_db *db, const char *owner, void **ret_job, struct cb_error *err)
{
    (void)self;
    (void)owner;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_claim_exposure, CB_P(cb_p_int(LEASE_S), cb_p_int(FILES_MOST)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0) {
        *ret_job = NULL;
        return true;
    }
    struct exposure_job *job = cb_xalloc(sizeof *job);
    snprintf(job->site, sizeof job->site, "%s", cb_rows_text(rows, 0, 1));
    job->n = cb_rows_count(rows);
    for (size_t i = 0; i < job->n; i++) {
        job->landed[i].path = cb_xstrdup(cb_rows_text(rows, i, 0));
        job->landed[i].token = cb_rows_int(rows, i, 2);
    }
    *ret_job = job;
    return true;
}

/* In a worker thread: everything that takes long and needs no database. */
static bool run(void *self, struct cb_db *db, void *context, struct cb_error *err)
{
    (void)db;
    struct ingest *me = self;
    struct exposure_job *job = context;
    for (size_t i = 0; i < job->n; i++) {
        struct landed *landed = &job->landed[i];
        struct cb_error why = { 0 };
        if (cb_work_cancelled())
            return cb_fail(err, CB_ERR_TRANSIENT, "stopping");
        if (cb_raw_inspect(landed->path, me->corrections, &landed->file, &why))
            continue;
        landed->is_gone = why.kind == CB_ERR_NOT_FOUND;
        if (!landed->is_gone)
            landed->later = why;
    }
    return true;
}

static bool extend(void *self, struct cb_db *db, void *context, bool *ret_ours, struct cb_error *err)
{
    (void)self;
    const struct exposure_job *job = context;
    *ret_ours = false;
    for (size_t i = 0; i < job->n; i++) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        if (!cb_db_run(
                db, sql_extend_landed,
                CB_P(cb_p_text(job->landed[i].path), cb_p_int(job->landed[i].token), cb_p_int(LEASE_S)),
                &rows, err))
            return false;
        *ret_ours = *ret_ours || cb_rows_affected(rows) > 0;
    }
    return true;
}

/* A site's repository for an instrument: the one named like it, else the site's first. To be freed. */
static char *repository_of(const struct cb_site *site, const char *instrument)
{
    for (int i = 0;; i++) {
        char *label = cb_site_repository(site, i);
        if (label == NULL)
            return cb_site_repository(site, 0);
        const char *slash = strrchr(label, '/');
        /* ComCamSim data live in the repository of the camera it stands for (DMTN-222 section 3.5.1) */
        size_t length = slash != NULL ? strlen(slash + 1) : 0;
        bool own = length > 0 && length <= strlen(instrument) && memcmp(slash + 1, instrument, length) == 0 &&
                   (instrument[length] == '\0' || strcmp(instrument + length, "Sim") == 0);
        if (own)
            return label;
        free(label);
    }
}

/* <folder>/rejected/<start of the content's hash>-<name>; of a long name its end, with room for what is put
 * around it:
 * "<hash>-", ".reason.json", and the name under which that is written first. */
static char *rejected_path(const struct landed *landed)
{
    const char *slash = strrchr(landed->path, '/'), *name = slash + 1;
    size_t length = strlen(name);
    if (length > KEPT_NAME_MAX)
        name += length - KEPT_NAME_MAX;
    while (((unsigned char)*name & 0xc0) == 0x80)
        name++; /* not in the middle of a character */
    return cb_xasprintf("%.*s/rejected/%.12s-%s", (int)(slash - landed->path), landed->path,
                        landed->file.sha256, name);
}

static bool write_reason(const struct landed *landed, const char *kept_as, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(16384);
    struct cb_json json = CB_JSON(&text);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "file", landed->path);
    cb_json_str(&json, "kind", cb_raw_fault_name(landed->file.fault));
    cb_json_str(&json, "reason", landed->file.reason);
    cb_json_str(&json, "sha256", landed->file.sha256);
    cb_json_int(&json, "size_bytes", landed->file.size_bytes);
    cb_json_close(&json);
    cb_bytes_puts(&text, "\n");
    cb_auto(cb_free) char *path = cb_xasprintf("%s.reason.json", kept_as);
    return cb_file_make_parents(path, err) && cb_file_replace(path, text.data, text.size, err);
}

static bool is_same_file(const char *path, const char *other)
{
    struct stat one, two;
    return lstat(path, &one) == 0 && lstat(other, &two) == 0 && one.st_dev == two.st_dev &&
           one.st_ino == two.st_ino;
}

/* Another name for the file itself; of a symbolic link, a link to the same file that holds from elsewhere. */
static bool keep_under(const char *path, const char *kept_as)
{
    char target[PATH_MAX];
    struct stat status;
    if (lstat(path, &status) != 0)
        return false;
    if (S_ISLNK(status.st_mode))
        return realpath(path, target) != NULL && (symlink(target, kept_as) == 0 || errno == EEXIST);
    return link(path, kept_as) == 0 || (errno == EEXIST && is_same_file(path, kept_as));
}

static void remove_at_commit(void *path, enum cb_tx_end end)
{
    if (end == CB_TX_COMMITTED)
        unlink(path);
    free(path);
}

/* Reason first, then the file: whoever finds the file finds why. It leaves its landing folder with the
 * commit: until then a crash changes nothing. Where files have one name only, or another of the content is
 * kept, it is renamed. */
static bool set_aside(struct cb_db *db, const struct landed *landed, const char *kept_as,
                      struct cb_error *err)
{
    if (!write_reason(landed, kept_as, err))
        return false;
    if (keep_under(landed->path, kept_as))
        cb_tx_at_end(db, remove_at_commit, cb_xstrdup(landed->path));
    else if (rename(landed->path, kept_as) != 0 && (errno != ENOENT || access(kept_as, F_OK) != 0))
        return cb_fail(err, cb_file_err_kind(errno), "could not set \"%s\" aside: %s", landed->path,
                       strerror(errno));
    return cb_file_sync_parent(kept_as, err);
}

static bool finish_row(struct cb_db *db, const struct landed *landed, const char *state, const char *kept_as,
                       const char *repository, const char *dataset_id, struct cb_error *err)
{
    const struct cb_raw_file *file = &landed->file;
    bool known = file->fault == CB_RAW_SOUND || file->fault >= CB_RAW_UNREGISTERED;
    known = known && file->record.instrument != NULL;
    return cb_db_run(db, sql_finish_landed,
                     CB_P(cb_p_text(landed->path), cb_p_text(state),
                          cb_p_text(file->fault == CB_RAW_SOUND ? "" : cb_raw_fault_name(file->fault)),
                          cb_p_text(file->reason), cb_p_text(kept_as), cb_p_text(repository),
                          cb_p_text(known ? file->record.instrument->name : ""),
                          known ? cb_p_int(file->record.id) : cb_p_null(),
                          known ? cb_p_int(file->record.detector.id) : cb_p_null(), cb_p_text(dataset_id),
                          cb_p_int(file->size_bytes)),
                     NULL, err);
}

static bool say_rejected(struct cb_db *db, const char *site, const struct landed *landed, const char *kept_as,
                         struct cb_error *err)
{
    const char *slash = strrchr(landed->path, '/');
    Calbus__V1__ExposureRejected rejected = CALBUS__V1__EXPOSURE_REJECTED__INIT;
    rejected.site = (char *)site;
    rejected.file_name = (char *)slash + 1;
    rejected.kept_as = (char *)kept_as;
    rejected.kind = (char *)cb_raw_fault_name(landed->file.fault);
    rejected.reason = (char *)landed->file.reason;
    Calbus__V1__ExposureEvent wrapper = CALBUS__V1__EXPOSURE_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__EXPOSURE_EVENT__EVENT_REJECTED;
    wrapper.rejected = &rejected;
    const struct cb_outgoing outgoing = { .type = "exposure.rejected", .key = rejected.file_name };
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

static bool say_ingested(struct cb_db *db, const char *site, const char *repository,
                         const struct landed *landed, const char *dataset_id, struct cb_error *err)
{
    const struct cb_exposure_record *r = &landed->file.record;
    Calbus__V1__ExposureIngested ingested = CALBUS__V1__EXPOSURE_INGESTED__INIT;
    ingested.site = (char *)site;
    ingested.repository = (char *)repository;
    ingested.instrument = (char *)r->instrument->name;
    ingested.exposure = (uint64_t)r->id;
    ingested.detector = (uint32_t)r->detector.id;
    ingested.obs_id = (char *)r->obs_id;
    ingested.day_obs = (uint32_t)r->day_obs;
    ingested.seq_num = (uint32_t)r->seq_num;
    ingested.observation_type = (char *)r->observation_type;
    ingested.observation_reason = (char *)r->observation_reason;
    ingested.physical_filter = (char *)r->physical_filter;
    ingested.science_program = (char *)r->science_program;
    ingested.dataset_id = (char *)dataset_id;
    Calbus__V1__ExposureEvent wrapper = CALBUS__V1__EXPOSURE_EVENT__INIT;
    wrapper.event_case = CALBUS__V1__EXPOSURE_EVENT__EVENT_INGESTED;
    wrapper.ingested = &ingested;
    char key[80];
    snprintf(key, sizeof key, "%s/%lld", r->instrument->name, (long long)r->id);
    const struct cb_outgoing outgoing = { .type = "exposure.ingested", .key = key };
    return cb_outbox_put(db, &outgoing, &wrapper.base, err);
}

static bool reject(struct cb_db *db, const char *site, const struct landed *landed, struct cb_error *err)
{
    cb_auto(cb_free) char *kept_as = rejected_path(landed);
    cb_metric_add("calbus_frames_read_total", 1,
                  CB_LABELS({ "result", cb_raw_fault_name(landed->file.fault) }));
    return set_aside(db, landed, kept_as, err) && finish_row(db, landed, "rejected", kept_as, "", "", err) &&
           say_rejected(db, site, landed, kept_as, err);
}

static bool is_writable_folder(const char *path)
{
    cb_auto(cb_free) char *folder = cb_xstrdup(path);
    *strrchr(folder, '/') = '\0';
    return access(folder, W_OK) == 0;
}

/* Is this the file that was registered from this place before? Files stay where they landed unless they are
 * moved, and after a crash between the commit and the removal. before: the dataset this path was ingested as,
 * "" none. */
static bool is_known(const struct ingest *me, const struct landed *landed, const char *before)
{
    bool stays = me->transfer != CB_TRANSFER_MOVE || !is_writable_folder(landed->path);
    return landed->file.is_registered ||
           (landed->file.fault == CB_RAW_DUPLICATE && before[0] != '\0' && stays);
}

/* What was recorded of the file holds. */
static bool finish_known(struct ingest *me, struct cb_db *db, const struct landed *landed,
                         struct cb_error *err)
{
    if (me->transfer == CB_TRANSFER_MOVE)
        cb_tx_at_end(db, remove_at_commit, cb_xstrdup(landed->path));
    return cb_db_run(db, sql_forget_landed, CB_P(cb_p_text(landed->path)), NULL, err);
}

static bool take(struct ingest *me, struct cb_db *db, const char *site_name, struct landed *landed,
                 const char *before, struct cb_error *err)
{
    const struct cb_site *site = cb_site_find(&me->config.sites, site_name);
    cb_auto(cb_free) char *repository = repository_of(site, landed->file.record.instrument->name);
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    char dataset_id[CB_UUID_TEXT_SIZE] = "";
    if (!cb_repo_open_home(me->index_path, repository, db, &repo, err) ||
        !cb_raw_register(repo, &landed->file, NULL, me->transfer, false, dataset_id, err))
        return false;
    if (is_known(me, landed, before))
        return finish_known(me, db, landed, err);
    if (landed->file.fault != CB_RAW_SOUND)
        return reject(db, site_name, landed, err);
    cb_metric_add("calbus_frames_read_total", 1, CB_LABELS({ "result", "ingested" }));
    return put_in_set(me, db, site_name, repository, &landed->file.record, err) &&
           finish_row(db, landed, "ingested", "", repository, dataset_id, err) &&
           say_ingested(db, site_name, repository, landed, dataset_id, err);
}

static bool retry_later(struct cb_db *db, const struct landed *landed, const struct cb_error *why,
                        struct cb_error *err)
{
    return cb_db_run(
        db, sql_retry_landed,
        CB_P(cb_p_text(landed->path), cb_p_int(landed->token), cb_p_int(2), cb_p_text(why->text)), NULL, err);
}

/* recorded: what the row says of an earlier time, as lock_landed gives it. All of it or nothing happens. */
static bool deal_with(struct ingest *me, struct cb_db *db, const char *site, struct landed *landed,
                      const struct cb_rows *recorded, struct cb_error *err)
{
    const char *kept_as = cb_rows_text(recorded, 0, 0), *dataset_id = cb_rows_text(recorded, 0, 1);
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    bool ok = cb_tx_begin(db, &tx, err);
    if (ok && landed->is_gone) {
        ok = cb_db_run(db, sql_forget_landed, CB_P(cb_p_text(landed->path)), NULL, err);
    } else if (ok && kept_as[0] != '\0' && is_same_file(landed->path, kept_as)) {
        cb_tx_at_end(db, remove_at_commit, cb_xstrdup(landed->path));
        ok = cb_db_run(db, sql_forget_landed, CB_P(cb_p_text(landed->path)), NULL, err);
    } else if (ok) {
        ok = landed->file.fault == CB_RAW_SOUND ? take(me, db, site, landed, dataset_id, err)
                                                : reject(db, site, landed, err);
    }
    return ok && cb_tx_commit(&tx, err);
}

static bool finish_one(struct ingest *me, struct cb_db *db, const char *site, struct landed *landed,
                       struct cb_error *err)
{
    struct cb_error why = landed->later;
    cb_auto(cb_rows_free) struct cb_rows *ours = NULL;
    if (!cb_db_run(db, sql_lock_landed, CB_P(cb_p_text(landed->path), cb_p_int(landed->token)), &ours, err))
        return false;
    if (cb_rows_count(ours) == 0)
        return true; /* the lease was lost: somebody else has it */
    if (why.kind == CB_ERR_NONE && deal_with(me, db, site, landed, ours, &why))
        return true;
    if (why.kind == CB_ERR_FATAL) {
        *err = why;
        return false;
    }
    cb_log_error("file left for later", &why);
    return retry_later(db, landed, &why, err); /* no space, no permission: other files go on */
}

static bool finish(void *self, struct cb_db *db, void *context, const struct cb_error *outcome,
                   struct cb_error *err)
{
    struct exposure_job *job = context;
    for (size_t i = 0; i < job->n && outcome->kind != CB_ERR_NONE; i++)
        job->landed[i].later = *outcome;
    for (size_t i = 0; i < job->n; i++)
        if (!finish_one(self, db, job->site, &job->landed[i], err))
            return false;
    return true;
}

struct cb_work ingest_work = {
    .name = "ingest",
    .threads = 2,
    .lease_ms = (int64_t)LEASE_S * 1000,
    .poll_ms = 200,
    .wake = NULL,
    .claim = claim,
    .run = run,
    .extend = extend,
    .finish = finish,
    .release = release,
};
