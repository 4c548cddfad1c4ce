/* Write into a repository while others do: write_along REPO NAME NUMBER. Started beside the stock butler by
 * butler_contest, which tells what a round does. A round begins with each line read, "ROUND DIMENSION..."; it
 * prints whether the certification was its own. */
#include "fixture.h"

#include "butler/removal.h"

#define CHAIN "u/contest/chain"
#define CALIB "u/contest/bias"
#define BOTH "u/contest/both"

enum { WRITERS = 4, WINDOW = 5 /* rounds that a dataset lives */ };

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

static void put_own(struct cb_repo *repo, const char *writer, int round, char ret_id[CB_UUID_TEXT_SIZE])
{
    char run[64], file[128];
    struct cb_data_id id = detector_id(round % 9);
    snprintf(run, sizeof run, "u/contest/%s/run%d", writer, round / 9); /* one of nine detectors a round */
    snprintf(file, sizeof file, "%s/%s_%d.fits", repo->root, writer, round);
    write_file(file, "pixels\n");
    const struct cb_put put = { .data_id = &id, .file = file };
    const struct cb_put_options options = { .transfer = CB_TRANSFER_MOVE };
    must(cb_collection_register(repo, run, CB_COLLECTION_RUN, NULL, NULL, &oops));
    char ids[1][CB_UUID_TEXT_SIZE];
    must(cb_dataset_put(repo, "bias", run, &put, 1, &options, ids, &oops));
    memcpy(ret_id, ids[0], CB_UUID_TEXT_SIZE);
}

/* What one writer needs from round to round. */
struct writer {
    struct cb_repo *repo;
    const char *name;
    int number; /* among all writers */
    char bias[CB_UUID_TEXT_SIZE], flat[CB_UUID_TEXT_SIZE];
    char put[WINDOW][CB_UUID_TEXT_SIZE]; /* of the last rounds */
    int round;
};

/* Both tables of certifications in one transaction, and every other writer in the other order. */
static bool certify_both(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    struct writer *w = arg;
    const char *ids[2] = { w->bias, w->flat };
    struct cb_timespan span = days(w->round * WRITERS + w->number, w->round * WRITERS + w->number + 1);
    for (int i = 0; i < 2; i++)
        if (!cb_certify(repo, BOTH, &ids[(w->number + i) % 2], 1, span, err))
            return false;
    return true;
}

/* All register the same new type at once, some of dimensions that no type had before. */
static void register_type(struct writer *w, char *dimensions)
{
    const char *names[8];
    char name[32];
    size_t n = 0;
    uint32_t dims = 0;
    for (char *rest = dimensions, *part; n < 8 && (part = strtok_r(rest, " \n", &rest)) != NULL;)
        names[n++] = part;
    snprintf(name, sizeof name, "type%d", w->round);
    must(cb_dimensions_parse(names, n, &dims, &oops));
    must(cb_dataset_type_register(w->repo, name, dims, "StructuredDataDict", w->round % 2 == 0, NULL, &oops));
}

/* The dataset that was put some rounds ago goes while others put theirs. */
static void remove_old(struct writer *w)
{
    const char *old = w->put[w->round % WINDOW];
    if (w->round >= WINDOW)
        must(cb_dataset_remove(w->repo, &old, 1, CB_REMOVE_WHOLE, &oops));
}

static void find_one(struct cb_repo *repo, const char *type, const char *filter, const char *run,
                     char ret_id[CB_UUID_TEXT_SIZE])
{
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    struct cb_data_id id = detector_id(0);
    if (filter != NULL)
        must(cb_data_id_set(&id, CB_PHYSICAL_FILTER, filter, &oops));
    must(cb_dataset_find(repo, type, &id, &run, 1, NULL, &found, &oops));
    assert_int_equal(found.count, 1);
    memcpy(ret_id, found.item[0].id, CB_UUID_TEXT_SIZE);
}

/* Every other round the certification comes last, so that others get there first. */
static bool write_round(struct writer *w, char *line)
{
    char *dimensions;
    w->round = (int)strtol(line, &dimensions, 10);
    bool early = w->round % 2 == 0;
    bool won = early && certify_day(w->repo, w->bias, w->round);
    remove_old(w);
    prepend_own(w->repo, w->name, w->round);
    put_own(w->repo, w->name, w->round, w->put[w->round % WINDOW]);
    must(cb_repo_transact(w->repo, certify_both, w, &oops));
    register_type(w, dimensions);
    return early ? won : certify_day(w->repo, w->bias, w->round);
}

int main(int argc, char **argv)
{
    struct writer w = { 0 };
    char line[256];
    if (argc != 4) {
        print_error("usage: write_along REPO NAME NUMBER\n");
        return 2;
    }
    must(cb_repo_open(argv[1], NULL, NULL, &w.repo, &oops));
    w.name = argv[2];
    w.number = (int)strtol(argv[3], NULL, 10);
    find_one(w.repo, "bias", NULL, BIAS_RUN, w.bias);
    find_one(w.repo, "flat", "r_03", "u/contest/flats", w.flat);
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("%d\n", write_round(&w, line));
        fflush(stdout);
    }
    cb_repo_close(w.repo);
    return 0;
}
