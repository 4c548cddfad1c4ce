/* Landing folders: what counts as a whole file, and when. */
#include "watch.h"

#include "support/folder.h"
#include "support/spec.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LONG_MS = 3600 * 1000, MANY = 9000 };

static struct watch *watch;

static int close_and_remove(void **state)
{
    watch_close(watch);
    watch = NULL;
    return remove_folder(state);
}

static void open_watch(int64_t quiet_ms)
{
    const char *folders[] = { folder };
    struct cb_error err = { 0 };
    if (!watch_open(folders, 1, quiet_ms, &watch, &err))
        fail_msg("%s", err.text);
}

static const char *in_folder(const char *name)
{
    static char paths[2][256];
    static int turn;
    turn = !turn;
    snprintf(paths[turn], sizeof paths[turn], "%s/%s", folder, name);
    return paths[turn];
}

static int begin_file(const char *name)
{
    int fd = open(in_folder(name), O_CREAT | O_WRONLY, 0666);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "SIMPLE", 6), 6);
    return fd;
}

static void make_file(const char *name)
{
    assert_int_equal(close(begin_file(name)), 0);
}

static void age(const char *name, time_t seconds)
{
    const struct timespec times[2] = { { .tv_sec = time(NULL) - seconds },
                                       { .tv_sec = time(NULL) - seconds } };
    assert_int_equal(utimensat(AT_FDCWD, in_folder(name), times, 0), 0);
}

static void assert_next(const char *name)
{
    const char *path = NULL;
    size_t index = 7;
    if (!watch_next(watch, &path, &index))
        fail_msg("%s is not told", name);
    assert_string_equal(path, in_folder(name));
    assert_int_equal(index, 0);
}

static void assert_nothing(void)
{
    const char *path = NULL;
    size_t index = 0;
    if (watch_next(watch, &path, &index))
        fail_msg("%s is told", path);
}

static void a_file_is_told_when_it_is_closed_or_renamed_into_place(void **state)
{
    (void)state;
    open_watch(LONG_MS);
    int fd = begin_file("a.fits");
    assert_nothing();
    assert_int_equal(write(fd, "more", 4), 4);
    assert_nothing();
    close(fd);
    assert_next("a.fits");
    make_file("b.part");
    assert_nothing();
    assert_int_equal(rename(in_folder("b.part"), in_folder("b.fits")), 0);
    assert_next("b.fits");
    assert_nothing();
}

static void a_file_still_written_at_the_start_is_told_when_it_is_closed(void **state)
{
    (void)state;
    int fd = begin_file("growing.fits");
    open_watch(LONG_MS);
    assert_nothing();
    close(fd);
    assert_next("growing.fits");
    assert_nothing();
}

static void a_file_found_at_the_start_is_told_once_nobody_changes_it(void **state)
{
    (void)state;
    make_file("old.fits");
    make_file("young.fits");
    make_file("gone.fits");
    age("old.fits", 7200);
    open_watch(LONG_MS);
    assert_next("old.fits");
    assert_nothing();
    unlink(in_folder("gone.fits"));
    age("young.fits", 7200);
    assert_next("young.fits");
    assert_nothing();
}

static void folders_that_appear_are_looked_at_and_watched(void **state)
{
    (void)state;
    open_watch(LONG_MS);
    assert_int_equal(mkdir(in_folder("night"), 0777), 0);
    make_file("night/a.fits");
    age("night/a.fits", 7200);
    assert_next("night/a.fits");
    make_file("night/b.fits");
    assert_next("night/b.fits");
    assert_int_equal(mkdir(in_folder("rejected"), 0777), 0);
    make_file("rejected/c.fits");
    assert_nothing();
}

static void links_to_files_are_files(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_folder("rejected"), 0777), 0);
    make_file("rejected/elsewhere");
    open_watch(LONG_MS);
    assert_int_equal(symlink("rejected/elsewhere", in_folder("soft.fits")), 0);
    assert_next("soft.fits");
    assert_int_equal(link(in_folder("rejected/elsewhere"), in_folder("hard.fits")), 0);
    assert_next("hard.fits");
    assert_int_equal(symlink("nowhere", in_folder("dangling.fits")), 0);
    assert_int_equal(symlink(".", in_folder("round.fits")), 0);
    assert_nothing();
}

static void a_name_that_is_no_text_is_spelled(void **state)
{
    (void)state;
    make_file("caf\xe9.fits");
    age("caf\xe9.fits", 7200);
    open_watch(LONG_MS);
    assert_next("caf%E9.fits");
    make_file("\xff.fits");
    make_file("\xc3\xa9t\xc3\xa9.fits"); /* UTF-8 stays */
    assert_next("\xc3\xa9t\xc3\xa9.fits");
    assert_next("%FF.fits");
    assert_nothing();
    assert_int_not_equal(access(in_folder("\xff.fits"), F_OK), 0);
}

/* More than the kernel keeps for us: then everything is looked at again. */
static void thousands_at_once_are_all_told(void **state)
{
    (void)state;
    char name[32];
    char *told = calloc(MANY, 1);
    open_watch(0);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "%05d.fits", i);
        make_file(name);
    }
    const char *path = NULL;
    size_t index = 0, n = 0;
    while (watch_next(watch, &path, &index))
        told[strtoul(strrchr(path, '/') + 1, NULL, 10)] = 1;
    for (int i = 0; i < MANY; i++)
        n += (size_t)told[i];
    free(told);
    assert_int_equal(n, MANY);
}

int main(void)
{
    const struct CMUnitTest landing[] = {
        cmocka_unit_test_setup_teardown(a_file_is_told_when_it_is_closed_or_renamed_into_place, make_folder,
                                        close_and_remove),
        cmocka_unit_test_setup_teardown(a_file_still_written_at_the_start_is_told_when_it_is_closed,
                                        make_folder, close_and_remove),
        cmocka_unit_test_setup_teardown(a_file_found_at_the_start_is_told_once_nobody_changes_it, make_folder,
                                        close_and_remove),
        cmocka_unit_test_setup_teardown(folders_that_appear_are_looked_at_and_watched, make_folder,
                                        close_and_remove),
        cmocka_unit_test_setup_teardown(links_to_files_are_files, make_folder, close_and_remove),
        cmocka_unit_test_setup_teardown(a_name_that_is_no_text_is_spelled, make_folder, close_and_remove),
        cmocka_unit_test_setup_teardown(thousands_at_once_are_all_told, make_folder, close_and_remove),
    };
    return cmocka_run_group_tests_name("landing folders", landing, NULL, NULL);
}
