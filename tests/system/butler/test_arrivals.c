/* Writers that are killed as they bring files: what they leave is taken away, and nothing of the living. */
#include "fixture.h"

#include "butler/removal.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { BIG = 1 << 20, LIMIT = 4096 /* bytes of a file, of which the writer dies */ };

static void write_big(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < BIG; i++)
        fputc('x', file);
    fclose(file);
}

static bool put(struct cb_repo *repo, int detector, const char *file, struct cb_error *err)
{
    struct cb_data_id id = detector_id(detector);
    const struct cb_put one = { .data_id = &id, .file = file };
    const struct cb_put_options options = { .transfer = CB_TRANSFER_COPY };
    return cb_dataset_put(repo, "bias", BIAS_RUN, &one, 1, &options, NULL, err);
}

/* A writer in a process of its own, which has one end of a pair of pipes. */
struct writer {
    pid_t pid;
    int from, to;
};

/* It says a byte when its files are in place; then a byte of ours has it commit. */
static void write_and_wait(const char *root, int detector, const char *file, int in, int out)
{
    struct cb_repo *repo = NULL;
    struct cb_tx *tx = NULL;
    char byte = 'p';
    bool ok = cb_repo_open(root, NULL, NULL, &repo, NULL) && cb_repo_begin(repo, &tx, NULL) &&
              put(repo, detector, file, NULL) && write(out, &byte, 1) == 1 && read(in, &byte, 1) == 1 &&
              cb_tx_commit(&tx, NULL);
    _exit(ok ? 0 : 1);
}

static struct writer start_writer(struct fixture *f, int detector, const char *file)
{
    int there[2], back[2];
    char byte;
    assert_int_equal(pipe(there), 0);
    assert_int_equal(pipe(back), 0);
    struct writer writer = { fork(), back[0], there[1] };
    assert_true(writer.pid >= 0);
    if (writer.pid == 0)
        write_and_wait(f->root, detector, file, there[0], back[1]);
    close(there[0]);
    close(back[1]);
    assert_int_equal(read(writer.from, &byte, 1), 1);
    return writer;
}

static int end_writer(struct writer *writer)
{
    int status = 0;
    close(writer->from);
    close(writer->to);
    assert_int_equal(waitpid(writer->pid, &status, 0), writer->pid);
    return status;
}

static void kill_writer(struct fixture *f, int detector, const char *file)
{
    struct writer writer = start_writer(f, detector, file);
    kill(writer.pid, SIGKILL);
    assert_true(WIFSIGNALED(end_writer(&writer)));
}

/* The system ends it by a signal in the middle of the copy. */
static void kill_writer_in_the_copy(struct fixture *f, int detector, const char *file)
{
    struct cb_repo *repo = NULL;
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const struct rlimit limit = { LIMIT, LIMIT }, no_core = { 0, 0 };
        signal(SIGXFSZ, SIG_DFL);
        setrlimit(RLIMIT_CORE, &no_core);
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(cb_repo_open(f->root, NULL, NULL, &repo, NULL) && put(repo, detector, file, NULL) ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

/* Files in a folder of the repository, hidden ones too. */
static size_t count_files(struct fixture *f, const char *folder)
{
    cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", f->root, folder);
    size_t n = 0;
    DIR *dir = opendir(path);
    for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (dir != NULL)
        closedir(dir);
    return n;
}

#define BIASES BIAS_RUN "/bias"
#define LISTS ".calbus-arriving"

/* The server notices when it next looks at the connection. */
static void wait_for_the_end_of_others(struct fixture *f)
{
    for (int tries = 0; tries < 3000; tries++) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        must(cb_db_run(f->db, "SELECT FROM pg_locks WHERE locktype = 'advisory'", CB_P0, &rows, &oops));
        if (cb_rows_count(rows) == 0)
            return;
        usleep(10000);
    }
    fail_msg("a killed writer is still connected");
}

/* One bias is in the repository, and a file lies there that will be another's; NULL: a big one. */
static void put_one_and_write(struct fixture *f, char file[96], const char *text)
{
    snprintf(file, 96, "%s/%s.fits", f->root, text != NULL ? "one" : "big");
    if (text != NULL)
        write_file(file, text);
    else
        write_big(file);
    put_biases(f, BIAS_RUN, 1, NULL);
}

static void what_a_writer_killed_before_the_commit_leaves_goes_with_the_next_put(void **state)
{
    struct fixture *f = *state;
    char file[96];
    put_one_and_write(f, file, "pixels\n");
    assert_int_equal(count_files(f, LISTS), 0);
    kill_writer(f, 5, file);
    wait_for_the_end_of_others(f);
    assert_int_equal(count_files(f, BIASES), 2);
    assert_int_equal(count_files(f, LISTS), 1);
    must(put(f->repo, 6, file, &oops));
    assert_int_equal(count_files(f, BIASES), 2);
    assert_int_equal(count_files(f, LISTS), 0);
}

static void what_a_writer_killed_in_the_copy_leaves_goes_with_the_next_removal(void **state)
{
    struct fixture *f = *state;
    char file[96];
    put_one_and_write(f, file, NULL);
    kill_writer_in_the_copy(f, 5, file);
    wait_for_the_end_of_others(f);
    assert_int_equal(count_files(f, BIASES), 2); /* the bias, and half a file of a temporary name */
    must(cb_datastore_empty_trash(f->repo, NULL, &oops));
    assert_int_equal(count_files(f, BIASES), 1);
    assert_int_equal(count_files(f, LISTS), 0);
}

static void files_of_a_living_writer_stay_while_others_put_and_remove(void **state)
{
    struct fixture *f = *state;
    char file[96], ids[9][CB_UUID_TEXT_SIZE];
    snprintf(file, sizeof file, "%s/one.fits", f->root);
    write_file(file, "pixels\n");
    put_biases(f, BIAS_RUN, 1, ids);
    kill_writer(f, 4, file);
    wait_for_the_end_of_others(f);
    struct writer writer = start_writer(f, 5, file);
    must(put(f->repo, 6, file, &oops));
    must(cb_dataset_remove(f->repo, (const char *[]){ ids[0] }, 1, CB_REMOVE_WHOLE, &oops));
    assert_int_equal(count_files(f, BIASES), 2);
    assert_int_equal(write(writer.to, "c", 1), 1);
    assert_int_equal(end_writer(&writer), 0);
    must(cb_datastore_empty_trash(f->repo, NULL, &oops));
    assert_int_equal(count_files(f, BIASES), 2);
    assert_int_equal(count_files(f, LISTS), 0);
}

/* The list is left behind, though all was well. */
static void what_was_committed_before_the_kill_stays(void **state)
{
    struct fixture *f = *state;
    char file[96];
    put_one_and_write(f, file, "pixels\n");
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    must(cb_repo_begin(f->repo, &tx, &oops));
    must(put(f->repo, 5, file, &oops));
    cb_auto(cb_free) char *lists = cb_xasprintf("cp -r %s/" LISTS " %s/kept", f->root, f->root);
    assert_int_equal(system(lists), 0);
    must(cb_tx_commit(&tx, &oops));
    cb_auto(cb_free) char *back =
        cb_xasprintf("rmdir %s/" LISTS " && mv %s/kept %s/" LISTS, f->root, f->root, f->root);
    assert_int_equal(system(back), 0);
    assert_int_equal(count_files(f, LISTS), 1);
    must(cb_datastore_empty_trash(f->repo, NULL, &oops));
    assert_int_equal(count_files(f, BIASES), 2);
    assert_int_equal(count_files(f, LISTS), 0);
}

static void what_lay_there_before_a_killed_writer_came_stays(void **state)
{
    struct fixture *f = *state;
    char file[96];
    put_one_and_write(f, file, NULL);
    struct cb_data_id id = detector_id(5);
    cb_auto(cb_free) char *path = NULL, *full = NULL;
    must(cb_dataset_template_path(f->repo, "bias", BIAS_RUN, &id, ".fits", &path, &oops));
    full = cb_xasprintf("%s/%s", f->root, path);
    write_file(full, "of somebody\n");
    kill_writer_in_the_copy(f, 5, file);
    wait_for_the_end_of_others(f);
    assert_int_equal(count_files(f, BIASES), 3);
    must(cb_datastore_empty_trash(f->repo, NULL, &oops));
    assert_int_equal(access(full, F_OK), 0);
    assert_int_equal(count_files(f, BIASES), 2);
}

/* A removal was killed between the file and the commit: what is put there would go with the next. */
static void a_place_that_a_removal_has_not_given_back_is_not_taken(void **state)
{
    struct fixture *f = *state;
    char file[96], ids[9][CB_UUID_TEXT_SIZE];
    struct cb_error err = { 0 };
    snprintf(file, sizeof file, "%s/one.fits", f->root);
    write_file(file, "pixels\n");
    put_biases(f, BIAS_RUN, 1, ids);
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    must(cb_repo_begin(f->repo, &tx, &oops));
    must(cb_dataset_remove(f->repo, (const char *[]){ ids[0] }, 1, CB_REMOVE_WHOLE, &oops));
    must(cb_tx_commit(&tx, &oops));
    cb_auto(cb_free) char *gone = cb_xasprintf("rm -r %s/" BIASES, f->root);
    assert_int_equal(system(gone), 0);

    must(cb_repo_begin(f->repo, &tx, &oops));
    assert_false(put(f->repo, 0, file, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    cb_tx_abandon(cb_steal(tx));
    must(put(f->repo, 0, file, &oops)); /* by itself it has the removal finished first */
    must(cb_datastore_empty_trash(f->repo, NULL, &oops));
    assert_int_equal(count_files(f, BIASES), 1);
}

#define test(name) cmocka_unit_test_setup_teardown(name, make_repository, drop_repository)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_a_writer_killed_before_the_commit_leaves_goes_with_the_next_put),
        test(what_a_writer_killed_in_the_copy_leaves_goes_with_the_next_removal),
        test(files_of_a_living_writer_stay_while_others_put_and_remove),
        test(what_was_committed_before_the_kill_stays),
        test(what_lay_there_before_a_killed_writer_came_stays),
        test(a_place_that_a_removal_has_not_given_back_is_not_taken),
    };
    return cmocka_run_group_tests_name("arrivals", tests, NULL, NULL);
}
