/* Put files into a repository, as `butler ingest-files` of the stock butler does from a table:
 *   put_files REPO TYPE RUN TRANSFER FILE DATA_ID [FILE DATA_ID]...      DATA_ID: detector=4,exposure=7
 * The instrument is LSSTComCam unless given. RUN is made when absent. Exit 1: refused. */
#include "fixture.h"

enum { MAX_FILES = 64 };

static void read_data_id(const char *text, struct cb_data_id *ret_id)
{
    cb_auto(cb_free) char *copy = cb_xstrdup(text);
    must(cb_data_id_set(ret_id, CB_INSTRUMENT, "LSSTComCam", &oops));
    for (char *rest = copy, *part; (part = strtok_r(rest, ",", &rest)) != NULL;) {
        char *value = strchr(part, '=');
        assert_non_null(value);
        *value++ = '\0';
        const struct cb_element *element = cb_element_find(part, strlen(part));
        assert_non_null(element);
        must(cb_data_id_set(ret_id, cb_element_index(element), value, &oops));
    }
}

/* What is to be put where. */
struct job {
    const char *type, *run;
    const struct cb_put *puts;
    size_t n;
    const struct cb_put_options *options;
};

static bool put_all(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    const struct job *job = arg;
    return cb_collection_register(repo, job->run, CB_COLLECTION_RUN, NULL, NULL, err) &&
           cb_dataset_put(repo, job->type, job->run, job->puts, job->n, job->options, NULL, err);
}

int main(int argc, char **argv)
{
    struct cb_data_id ids[MAX_FILES] = { 0 };
    struct cb_put puts[MAX_FILES] = { 0 };
    struct cb_put_options options = { 0 };
    struct cb_error err = { 0 };
    struct cb_repo *repo = NULL;
    size_t n = argc > 5 ? (size_t)(argc - 5) / 2 : 0;
    if (n == 0 || n > MAX_FILES || !cb_transfer_parse(argv[4], &options.transfer)) {
        print_error("usage: put_files REPO TYPE RUN TRANSFER FILE DATA_ID [FILE DATA_ID]...\n");
        return 2;
    }
    for (size_t i = 0; i < n; i++) {
        read_data_id(argv[6 + 2 * i], &ids[i]);
        puts[i] = (struct cb_put){ .data_id = &ids[i], .file = argv[5 + 2 * i] };
    }
    must(cb_repo_open(argv[1], NULL, NULL, &repo, &oops));
    struct job job = { argv[2], argv[3], puts, n, &options };
    bool ok = cb_repo_transact(repo, put_all, &job, &err);
    if (!ok)
        print_error("put_files: %s\n", err.text);
    cb_repo_close(repo);
    return ok ? 0 : 1;
}
