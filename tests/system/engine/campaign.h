/* A repository with the twelve sample frames and a PTC made from their truth, and runs of shipped pipelines
 * on it. */
#pragma once

#include "butler/fixture.h"
#include "butler/raw_ingest.h"
#include "engine/plan.h"
#include "engine/quantum.h"
#include "io/clock.h"
#include "io/fits_exposure.h"
#include "io/fits_ptc.h"
#include "service/migrate.h"

#include <dirent.h>
#include <math.h>

#define SAMPLE CB_GOLDEN "/comcam-sample/"
#define TICKET_CHAIN "LSSTComCam/calib/DM-1"
#define PTC_RUN "LSSTComCam/calib/DM-0/ptcGen"
#define PTC_CALIB "LSSTComCam/calib/DM-0/ptc"
#define INPUTS TICKET_CHAIN ",LSSTComCam/raw/all," PTC_CALIB
#define WIDTH 512
#define HEIGHT 500
#define PIXELS (WIDTH * HEIGHT)

static const struct cb_engine sample_engine = { .name = "generator", .lease_ms = 60000, .max_attempts = 3 };

/* A whole file, to be freed. */
static inline char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    cb_auto_bytes struct cb_bytes text = CB_BYTES(1U << 20);
    char part[4096];
    size_t got = 0;
    assert_non_null(file);
    while ((got = fread(part, 1, sizeof part, file)) > 0)
        cb_bytes_add(&text, part, got);
    fclose(file);
    return cb_bytes_steal(&text);
}

static inline void read_truth(const char *name, float *ret_value)
{
    cb_auto(cb_free) char *path = cb_xasprintf(SAMPLE "%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(ret_value, sizeof *ret_value, PIXELS, file), PIXELS);
    fclose(file);
}

/* Gain and read noise (electrons) of the amplifiers, by name. */
struct truth_amp {
    char name[8];
    double gain, noise;
};

static inline size_t read_amps(struct truth_amp *amp)
{
    FILE *file = fopen(SAMPLE "truth_amps.txt", "r");
    size_t n = 0;
    assert_non_null(file);
    while (n < 16 && fscanf(file, "%7s %lf %lf", amp[n].name, &amp[n].gain, &amp[n].noise) == 3)
        n++;
    fclose(file);
    assert_int_equal(n, 16);
    return n;
}

static inline void put_raws(struct fixture *f)
{
    DIR *dir = opendir(SAMPLE);
    int count = 0;
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strstr(entry->d_name, ".fits") == NULL)
            continue;
        struct cb_raw_file raw = { 0 };
        char id[CB_UUID_TEXT_SIZE];
        cb_auto(cb_free) char *path = cb_xasprintf(SAMPLE "%s", entry->d_name);
        must(cb_raw_inspect(path, NULL, &raw, &oops));
        if (raw.fault != CB_RAW_SOUND)
            fail_msg("%s: %s", path, raw.reason);
        must(cb_raw_register(f->repo, &raw, NULL, CB_TRANSFER_COPY, false, id, &oops));
        if (raw.fault != CB_RAW_SOUND)
            fail_msg("%s: %s", path, raw.reason);
        cb_raw_file_done(&raw);
        count++;
    }
    closedir(dir);
    assert_int_equal(count, 12);
}

static inline void put_ptc(struct fixture *f)
{
    struct truth_amp amp[16];
    size_t n = read_amps(amp);
    cb_auto(cb_ptc_free) struct cb_ptc *ptc = cb_ptc_new(n);
    cb_auto(cb_free) char *path = cb_xasprintf("%s/ptc.fits", f->root);
    struct cb_data_id id = detector_id(4);
    const struct cb_put put = { .data_id = &id, .file = path };
    const struct cb_put_options options = { .transfer = CB_TRANSFER_MOVE };
    char ids[1][CB_UUID_TEXT_SIZE];

    for (size_t i = 0; i < n; i++) {
        snprintf(ptc->amp[i].name, sizeof ptc->amp[i].name, "%s", amp[i].name);
        ptc->amp[i].gain = amp[i].gain;
        ptc->amp[i].noise = amp[i].noise;
        ptc->amp[i].turnoff = 100000.0;
    }
    must(cb_ptc_write(path, ptc, NULL, &oops));
    must(
        cb_dataset_type_register(f->repo, "ptc", BIAS_DIMS, "PhotonTransferCurveDataset", true, NULL, &oops));
    must(cb_collection_register(f->repo, PTC_RUN, CB_COLLECTION_RUN, NULL, NULL, &oops));
    must(cb_collection_register(f->repo, PTC_CALIB, CB_COLLECTION_CALIBRATION, NULL, NULL, &oops));
    must(cb_collection_register(f->repo, TICKET_CHAIN, CB_COLLECTION_CHAINED, NULL, NULL, &oops));
    must(cb_dataset_put(f->repo, "ptc", PTC_RUN, &put, 1, &options, ids, &oops));
    const char *list[] = { ids[0] };
    must(cb_certify(f->repo, PTC_CALIB, list, 1, (struct cb_timespan)CB_TIMESPAN_ALWAYS, &oops));
}

static inline int make_campaign(void **state)
{
    if (make_repository(state) != 0)
        return -1;
    struct fixture *f = *state;
    must(cb_db_script(f->db, "DROP SCHEMA IF EXISTS calbus CASCADE", &oops));
    must(cb_migrate_apply(f->db, CB_DEPLOY "/migrations", NULL, NULL, &oops));
    put_raws(f);
    put_ptc(f);
    return 0;
}

/* A request as bps would put it. */
static inline void request(struct fixture *f, const char *pipeline_name, const char *where,
                           const char *output_run, const struct cb_override *override, size_t overrides,
                           struct cb_run *ret_run)
{
    static const char *const variables[] = { "CP_PIPE_DIR=" CB_DEPLOY "/cp_pipe", NULL };
    const struct cb_environment environment = { .entry = variables };
    cb_auto(cb_free) char *path =
        cb_xasprintf(CB_DEPLOY "/cp_pipe/pipelines/LSSTComCam/%s.yaml", pipeline_name);
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = NULL;
    cb_auto_bytes struct cb_bytes text = CB_BYTES(1U << 20);
    char id[CB_UUID_TEXT_SIZE];

    must(cb_pipeline_load(path, &environment, override, overrides, &pipeline, &oops));
    cb_pipeline_format(pipeline, &text);
    cb_uuid_new_text(id);
    struct cb_run run = { .engine = (char *)"generator",
                          .repository = f->root,
                          .pipeline = (char *)cb_bytes_text(&text),
                          .inputs = (char *)INPUTS,
                          .where = (char *)where,
                          .output_run = (char *)output_run,
                          .output_collection = cb_xasprintf(
                              "%.*s", (int)(strrchr(output_run, '/') - output_run), output_run) };
    memcpy(run.id, id, sizeof run.id);
    must(cb_run_insert(f->db, &run, &oops));
    free(run.output_collection);
    must(cb_run_load(f->db, id, ret_run, &oops));
}

static inline bool plan(struct fixture *f, struct cb_run *run, struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    size_t quanta = 0;
    return cb_tx_begin(f->db, &tx, err) && cb_plan_run(f->repo, f->db, run, &quanta, err) &&
           cb_tx_commit(&tx, err);
}

static inline struct cb_quantum *claim(struct fixture *f, const struct cb_engine *engine, const char *owner)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    struct cb_quantum *quantum = NULL;
    struct cb_run ended_run = { .id = "" };
    bool ended = false;
    must(cb_tx_begin(f->db, &tx, &oops));
    must(cb_quantum_claim(engine, f->db, owner, &quantum, &ended_run, &ended, &oops));
    must(cb_tx_commit(&tx, &oops));
    cb_run_done(&ended_run);
    return quantum;
}

static inline struct cb_quantum_end finish(struct fixture *f, struct cb_quantum *quantum,
                                           const struct cb_error *outcome)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    struct cb_quantum_end end = { 0 };
    must(cb_tx_begin(f->db, &tx, &oops));
    must(cb_quantum_finish(&sample_engine, f->db, quantum, outcome, &end, &oops));
    must(cb_tx_commit(&tx, &oops));
    cb_run_done(&end.run);
    return end;
}

/* Do every quantum there is. Returns how many. */
static inline int work_off(struct fixture *f)
{
    int count = 0;
    for (;;) {
        struct cb_quantum *quantum = claim(f, &sample_engine, "worker");
        struct cb_error outcome = { 0 };
        if (quantum == NULL)
            return count;
        if (!cb_quantum_run(&sample_engine, f->db, quantum, NULL, &outcome))
            print_error("%s: %s\n", quantum->label, outcome.text);
        finish(f, quantum, &outcome);
        cb_quantum_release(quantum);
        count++;
    }
}

static inline void run_pipeline(struct fixture *f, const char *name, const char *where,
                                const char *output_run)
{
    cb_auto_run struct cb_run run = { .id = "" }, ended = { .id = "" };
    request(f, name, where, output_run, NULL, 0, &run);
    must(plan(f, &run, &oops));
    assert_true(work_off(f) > 0);
    must(cb_run_load(f->db, run.id, &ended, &oops));
    if (strcmp(ended.state, "succeeded") != 0)
        fail_msg("%s is %s: %s", name, ended.state, ended.error);
}

/* The only dataset of that type in a RUN, opened. */
static inline void open_result(struct fixture *f, const char *type, const char *filter, const char *run,
                               struct cb_image **ret_image, struct cb_header **ret_header)
{
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    cb_auto(cb_free) char *path = NULL;
    struct cb_data_id id = detector_id(4);
    if (filter != NULL)
        must(cb_data_id_set(&id, CB_PHYSICAL_FILTER, filter, &oops));
    must(cb_dataset_find(f->repo, type, &id, &run, 1, NULL, &found, &oops));
    assert_int_equal(found.count, 1);
    must(cb_dataset_file(f->repo, &found.item[0], &path, &oops));
    must(cb_exposure_read(path, ret_image, ret_header, &oops));
}

/* Certify what a run made and put it first in the ticket's chain. */
static inline void certify_result(struct fixture *f, const char *type, const char *run,
                                  const char *collection)
{
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    struct cb_data_id id = detector_id(4);
    must(cb_dataset_find(f->repo, type, &id, &run, 1, NULL, &found, &oops));
    assert_int_equal(found.count, 1);
    const char *ids[] = { found.item[0].id };
    must(cb_collection_register(f->repo, collection, CB_COLLECTION_CALIBRATION, NULL, NULL, &oops));
    must(cb_certify(f->repo, collection, ids, 1, (struct cb_timespan)CB_TIMESPAN_ALWAYS, &oops));
    must(cb_chain_change(f->repo, TICKET_CHAIN, CB_CHAIN_PREPEND, &collection, 1, &oops));
}

static inline size_t amp_of(size_t x, size_t y)
{
    /* C00..C07 below, C10..C17 above; truth_amps.txt has C10..C17, C07..C00. */
    return y >= HEIGHT / 2 ? x / 64 : 15 - x / 64;
}
