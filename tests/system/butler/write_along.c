/* Write into a repository while others do: write_along REPO NAME NUMBER. Started beside the stock butler by
 * butler_contest, which tells what a round does. A round begins with each line read, "ROUND AGAIN DUTY
 * DIMENSION...", AGAIN 1 when a writer of that name was killed in it, DUTY its part of the duel; it prints
 * whether the certification was its own. In the end what killed ones left is taken away. */
#include "fixture.h"

#include "butler/removal.h"

#define CHAIN "u/contest/chain"
#define CALIB "u/contest/bias"
#define BOTH "u/contest/both"
#define DUEL "u/contest/duel"

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

/* One of nine detectors a round. */
static void name_run(char run[64], const char *writer, int round)
{
    snprintf(run, 64, "u/contest/%s/run%d", writer, round / 9);
}

static void put_own(struct cb_repo *repo, const char *writer, int round, bool again)
{
    char run[64], file[128];
    struct cb_data_id id = detector_id(round % 9);
    name_run(run, writer, round);
    snprintf(file, sizeof file, "%s/%s_%d.fits", repo->root, writer, round);
    write_file(file, "pixels\n");
    const struct cb_put put = { .data_id = &id, .file = file };
    const struct cb_put_options options = { .transfer = CB_TRANSFER_MOVE,
                                            .existing = again ? CB_EXISTING_SKIP : CB_EXISTING_REFUSE };
    must(cb_collection_register(repo, run, CB_COLLECTION_RUN, NULL, NULL, &oops));
    must(cb_dataset_put(repo, "bias", run, &put, 1, &options, NULL, &oops));
    unlink(file); /* skipped, it was not moved */
}

/* What one writer needs from round to round. */
struct writer {
    struct cb_repo *repo;
    const char *name;
    int number; /* among all writers */
    char bias[CB_UUID_TEXT_SIZE], flat[CB_UUID_TEXT_SIZE];
    int round;
    bool again; /* another began it, and was killed */
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

/* The bias of a RUN, if it is there; the RUN may be gone. */
static bool find_bias(struct cb_repo *repo, const char *run, int detector, char ret_id[CB_UUID_TEXT_SIZE])
{
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    struct cb_data_id id = detector_id(detector);
    struct cb_error err = { 0 };
    if (!cb_dataset_find(repo, "bias", &id, &run, 1, NULL, &found, &err) && err.kind != CB_ERR_NOT_FOUND) {
        print_error("looking into %s: %s\n", run, err.text);
        fail();
    }
    if (found.count > 0)
        memcpy(ret_id, found.item[0].id, CB_UUID_TEXT_SIZE);
    return found.count > 0;
}

/* The dataset that was put some rounds ago goes while others put theirs. */
static void remove_old(struct writer *w)
{
    char run[64], old[CB_UUID_TEXT_SIZE];
    const char *id = old;
    if (w->round < WINDOW)
        return;
    name_run(run, w->name, w->round - WINDOW);
    bool found = find_bias(w->repo, run, (w->round - WINDOW) % 9, old);
    assert_true(found || w->again);
    if (found)
        must(cb_dataset_remove(w->repo, &id, 1, CB_REMOVE_WHOLE, &oops));
}

static void find_flat(struct cb_repo *repo, char ret_id[CB_UUID_TEXT_SIZE])
{
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    struct cb_data_id id = detector_id(0);
    must(cb_data_id_set(&id, CB_PHYSICAL_FILTER, "r_03", &oops));
    must(cb_dataset_find(repo, "flat", &id, (const char *[]){ "u/contest/flats" }, 1, NULL, &found, &oops));
    assert_int_equal(found.count, 1);
    memcpy(ret_id, found.item[0].id, CB_UUID_TEXT_SIZE);
}

/* ---- the duel: some certify the dataset that another removes ---- */

static bool duel_certify(struct writer *w, const char *run, const char *id, struct cb_error *err)
{
    (void)run;
    int day = w->round * WRITERS + w->number;
    return cb_certify(w->repo, DUEL, &id, 1, days(day, day + 1), err);
}

static bool duel_remove(struct writer *w, const char *run, const char *id, struct cb_error *err)
{
    (void)run;
    return cb_dataset_remove(w->repo, &id, 1, CB_REMOVE_WHOLE, err);
}

static bool duel_remove_run(struct writer *w, const char *run, const char *id, struct cb_error *err)
{
    (void)id;
    return cb_runs_remove(w->repo, &run, 1, false, err);
}

static const struct {
    const char *duty;
    bool (*act)(struct writer *w, const char *run, const char *id, struct cb_error *err);
} duties[] = {
    { "certify", duel_certify },
    { "remove", duel_remove },
    { "remove_run", duel_remove_run },
};

/* Who comes second is refused, or finds nothing: anything else is a failure. */
static void duel(struct writer *w, const char *duty)
{
    char run[64], id[CB_UUID_TEXT_SIZE];
    struct cb_error err = { 0 };
    snprintf(run, sizeof run, DUEL "/%d", w->round);
    for (size_t i = 0; i < sizeof duties / sizeof duties[0]; i++)
        if (strcmp(duties[i].duty, duty) == 0 && find_bias(w->repo, run, 0, id) &&
            !duties[i].act(w, run, id, &err) && err.kind != CB_ERR_CONFLICT && err.kind != CB_ERR_NOT_FOUND) {
            print_error("%s of %s: %s\n", duty, run, err.text);
            fail();
        }
}

static void certify_both_once(struct writer *w)
{
    struct cb_error err = { 0 };
    if (!cb_repo_transact(w->repo, certify_both, w, &err) && !(w->again && err.kind == CB_ERR_CONFLICT)) {
        print_error("certifying both: %s\n", err.text);
        fail();
    }
}

/* Every other round the certification comes last, so that others get there first. */
static bool write_round(struct writer *w, char *line)
{
    char *dimensions, duty[16];
    int length = 0;
    w->round = (int)strtol(line, &dimensions, 10);
    w->again = strtol(dimensions, &dimensions, 10) != 0;
    assert_int_equal(sscanf(dimensions, "%15s%n", duty, &length), 1);
    dimensions += length;
    bool early = w->round % 2 == 0;
    duel(w, duty);
    bool won = early && certify_day(w->repo, w->bias, w->round);
    remove_old(w);
    prepend_own(w->repo, w->name, w->round);
    put_own(w->repo, w->name, w->round, w->again);
    certify_both_once(w);
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
    assert_true(find_bias(w.repo, BIAS_RUN, 0, w.bias));
    find_flat(w.repo, w.flat);
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("%d\n", write_round(&w, line));
        fflush(stdout);
    }
    must(cb_datastore_empty_trash(w.repo, NULL, &oops));
    cb_repo_close(w.repo);
    return 0;
}
