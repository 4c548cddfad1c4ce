/* Write into a repository while others do: write_along REPO ROUNDS NAME. Started beside the stock butler by
 * butler_contest. A round certifies a bias for a day that the others want too, prepends a collection of its
 * own to the common chain, and puts a dataset of its own. Prints how many of the certifications were its own.
 */
#include "fixture.h"

#define CHAIN "u/contest/chain"
#define CALIB "u/contest/bias"

/* The range is free, or somebody else has it: anything but a conflict is a failure. */
static bool certify_day(struct cb_repo *repo, const char *id, int day)
{
    struct cb_error err = { 0 };
    if (cb_certify(repo, CALIB, &id, 1, days(day, day + 1), &err))
        return true;
    if (err.kind != CB_ERR_CONFLICT) {
        print_error("certifying day %d: %s\n", day, err.text);
        fail();
    }
    return false;
}

static void prepend_own(struct cb_repo *repo, const char *writer, int round)
{
    char name[64];
    snprintf(name, sizeof name, "u/contest/%s/%d", writer, round);
    const char *child = name;
    must(cb_collection_register(repo, name, CB_COLLECTION_TAGGED, NULL, NULL, &oops));
    must(cb_chain_change(repo, CHAIN, CB_CHAIN_PREPEND, &child, 1, &oops));
}

static void put_own(struct cb_repo *repo, const char *writer, int round)
{
    char run[64], file[128];
    struct cb_data_id id = detector_id(round % 9);
    snprintf(run, sizeof run, "u/contest/%s/run%d", writer, round / 9); /* one of nine detectors a round */
    snprintf(file, sizeof file, "%s/%s_%d.fits", repo->root, writer, round);
    write_file(file, "pixels\n");
    const struct cb_put put = { .data_id = &id, .file = file };
    const struct cb_put_options options = { .transfer = CB_TRANSFER_MOVE };
    must(cb_collection_register(repo, run, CB_COLLECTION_RUN, NULL, NULL, &oops));
    must(cb_dataset_put(repo, "bias", run, &put, 1, &options, NULL, &oops));
}

static void find_bias(struct cb_repo *repo, char ret_id[CB_UUID_TEXT_SIZE])
{
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    struct cb_data_id id = detector_id(0);
    must(cb_dataset_find(repo, "bias", &id, (const char *[]){ BIAS_RUN }, 1, NULL, &found, &oops));
    assert_int_equal(found.count, 1);
    memcpy(ret_id, found.item[0].id, CB_UUID_TEXT_SIZE);
}

/* Every other round the certification comes last, so that others get there first. */
static bool write_round(struct cb_repo *repo, const char *id, const char *writer, int round)
{
    bool early = round % 2 == 0;
    bool won = early && certify_day(repo, id, round);
    prepend_own(repo, writer, round);
    put_own(repo, writer, round);
    return early ? won : certify_day(repo, id, round);
}

int main(int argc, char **argv)
{
    struct cb_repo *repo = NULL;
    char id[CB_UUID_TEXT_SIZE], line[8];
    if (argc != 3) {
        print_error("usage: write_along REPO NAME\n");
        return 2;
    }
    must(cb_repo_open(argv[1], NULL, NULL, &repo, &oops));
    find_bias(repo, id);
    for (int round = 0; fgets(line, sizeof line, stdin) != NULL; round++) {
        printf("%d\n", write_round(repo, id, argv[2], round));
        fflush(stdout);
    }
    cb_repo_close(repo);
    return 0;
}
