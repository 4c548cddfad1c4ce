/* Build the repository that the stock butler is run over: build_repository ROOT SCHEMA. CALBUS_TEST_DB_URI
 * names the database. Nine biases certified for [2024-06-01, 2024-12-01), nine more from 2024-12-01 on, a
 * chain over both, a night of raws, a tag. Prints the ids of the biases of detector 0 and 4. */
#include "fixture.h"

#define OTHER_RUN "LSSTComCam/calib/DM-2/demo/biasGen.20241220a"
#define OTHER_CALIB "LSSTComCam/calib/DM-2/demo/bias.20241220a"

static void add_exposure(struct fixture *f, int seq_num)
{
    const struct cb_element *exposure = cb_element_at(CB_EXPOSURE);
    char id[24], seq[16], group[16], obs_id[32], span[CB_TIMESPAN_TEXT_SIZE];
    int64_t begin = 1733659200000000000LL + seq_num * 60000000000LL;
    snprintf(id, sizeof id, "%lld", 2024120800000LL + seq_num);
    snprintf(seq, sizeof seq, "%d", seq_num);
    snprintf(group, sizeof group, "g%d", seq_num);
    snprintf(obs_id, sizeof obs_id, "CC_O_20241208_%06d", seq_num);
    cb_timespan_format(cb_timespan_of(begin, begin + 30000000000LL), span);
    must(cb_record_sync(f->repo, cb_element_at(CB_GROUP), (const char *[]){ "LSSTComCam", group }, false,
                        NULL, &oops));
    const char *values[40] = { NULL };
    const char *const given[][2] = { { "instrument", "LSSTComCam" }, { "id", id },
                                     { "day_obs", "20241208" },      { "group", group },
                                     { "obs_id", obs_id },           { "physical_filter", "r_03" },
                                     { "observation_type", "bias" }, { "seq_num", seq },
                                     { "timespan", span },           { "exposure_time", "0" },
                                     { "can_see_sky", "f" },         { "azimuth", "270.86285009978087" } };
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        values[cb_element_column(exposure, given[i][0], strlen(given[i][0])) - exposure->columns] =
            given[i][1];
    must(cb_record_sync(f->repo, exposure, values, false, NULL, &oops));
}

static void add_night(struct fixture *f)
{
    must(cb_record_sync(
        f->repo, cb_element_at(CB_DAY_OBS),
        (const char *[]){ "LSSTComCam", "20241208", "[1733659200000000000,1733745600000000000)" }, false,
        NULL, &oops));
    must(cb_dataset_type_register(f->repo, "raw", BIAS_DIMS | CB_DIM(CB_EXPOSURE), "Exposure", false, NULL,
                                  &oops));
    must(cb_collection_register(f->repo, "LSSTComCam/raw/all", CB_COLLECTION_RUN, NULL, NULL, &oops));
    const struct cb_put_options options = { .transfer = CB_TRANSFER_MOVE, .id_mode = CB_ID_DATAID_TYPE_RUN };
    for (int i = 1; i <= 3; i++) {
        char file[96];
        struct cb_data_id id = detector_id(i);
        add_exposure(f, i);
        cb_data_id_set_number(&id, CB_EXPOSURE, 2024120800000LL + i);
        snprintf(file, sizeof file, "%s/incoming_raw%d.fits.fz", f->root, i);
        write_file(file, "raw\n");
        const struct cb_put put = { .data_id = &id, .file = file };
        must(cb_dataset_put(f->repo, "raw", "LSSTComCam/raw/all", &put, 1, &options, NULL, &oops));
    }
}

static void certify_all(struct fixture *f, const char *collection, char (*ids)[CB_UUID_TEXT_SIZE],
                        const char *begin, const char *end)
{
    const char *list[9];
    int64_t begin_ns = CB_TIMESPAN_MIN_NS, end_ns = CB_TIMESPAN_MAX_NS;
    for (size_t i = 0; i < 9; i++)
        list[i] = ids[i];
    must(cb_timespan_parse_date(begin, &begin_ns, &oops));
    must(end == NULL || cb_timespan_parse_date(end, &end_ns, &oops));
    must(cb_collection_register(f->repo, collection, CB_COLLECTION_CALIBRATION, NULL, NULL, &oops));
    must(cb_certify(f->repo, collection, list, 9, cb_timespan_of(begin_ns, end_ns), &oops));
}

int main(int argc, char **argv)
{
    const char *uri = getenv("CALBUS_TEST_DB_URI");
    if (argc != 3 || uri == NULL) {
        print_error("usage: CALBUS_TEST_DB_URI=... build_repository ROOT SCHEMA\n");
        return 2;
    }
    struct fixture f = { 0 };
    char old[9][CB_UUID_TEXT_SIZE], new[9][CB_UUID_TEXT_SIZE];
    snprintf(f.root, sizeof f.root, "%s", argv[1]);
    must(cb_db_open(uri, "build_repository", &f.db, &oops));
    must(cb_repo_create(f.db, uri, f.root, argv[2], &oops));
    must(cb_repo_open(f.root, NULL, f.db, &f.repo, &oops));
    must(cb_instrument_register(f.repo, "LSSTComCam", false, &oops));
    add_night(&f);
    put_biases(&f, BIAS_RUN, 9, old);
    put_biases(&f, OTHER_RUN, 9, new);
    certify_all(&f, BIAS_CALIB, old, "2024-06-01", "2024-12-01");
    certify_all(&f, OTHER_CALIB, new, "2024-12-01", NULL);
    must(cb_collection_register(f.repo, "LSSTComCam/calib", CB_COLLECTION_CHAINED, "the default chain", NULL,
                                &oops));
    must(cb_chain_change(f.repo, "LSSTComCam/calib", CB_CHAIN_PREPEND, (const char *[]){ BIAS_CALIB }, 1,
                         &oops));
    must(cb_chain_change(f.repo, "LSSTComCam/calib", CB_CHAIN_PREPEND, (const char *[]){ OTHER_CALIB }, 1,
                         &oops));
    must(cb_collection_register(f.repo, "u/someone/best", CB_COLLECTION_TAGGED, NULL, NULL, &oops));
    must(cb_associate(f.repo, "u/someone/best", (const char *[]){ new[0] }, 1, &oops));
    print_message("%s\n%s\n", old[0], new[4]);
    cb_repo_close(f.repo);
    cb_db_close(f.db);
    return 0;
}
