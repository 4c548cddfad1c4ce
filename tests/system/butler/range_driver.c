/* Change ranges as told, a command a line: range_driver REPO. Started by butler_ranges.py.
 *   recertify COLLECTION DETECTOR AT BEGIN END MOVE    "-": not given; times in ns; MOVE 1: neighbours move
 *   decertify COLLECTION DETECTOR BEGIN END            DETECTOR "-": all
 * Answers with a line: how many ranges were told to have changed, or "refused: " and why; before the first
 * command with the process that serves it in the database. */
#include "fixture.h"

#include "butler/recertify.h"

#include <stdlib.h>

enum { WORDS = 7 };

static const int64_t *time_of(const char *word, int64_t *place)
{
    if (strcmp(word, "-") == 0)
        return NULL;
    *place = strtoll(word, NULL, 10);
    return place;
}

static bool recertify(struct cb_repo *repo, char *const *words, struct cb_range_changes *changes,
                      struct cb_error *err)
{
    int64_t at, begin, end;
    struct cb_recertification wanted = { .collection = words[1],
                                         .type = "bias",
                                         .at_ns = time_of(words[3], &at),
                                         .begin_ns = time_of(words[4], &begin),
                                         .end_ns = time_of(words[5], &end),
                                         .move_neighbours = strcmp(words[6], "1") == 0 };
    if (strcmp(words[2], "-") != 0)
        cb_data_id_set_number(&wanted.only, CB_DETECTOR, strtoll(words[2], NULL, 10));
    return cb_recertify(repo, &wanted, changes, err);
}

static bool decertify(struct cb_repo *repo, char *const *words, struct cb_range_changes *changes,
                      struct cb_error *err)
{
    int64_t begin, end;
    bool all = strcmp(words[2], "-") == 0;
    struct cb_data_id id = detector_id(all ? 0 : (int)strtol(words[2], NULL, 10));
    const struct cb_timespan range = { *time_of(words[3], &begin), *time_of(words[4], &end) };
    return cb_withdraw(repo, words[1], "bias", range, &id, all ? 0 : 1, changes, err);
}

static void carry_out(struct cb_repo *repo, char *line)
{
    char *words[WORDS], *rest = NULL;
    struct cb_error err = { 0 };
    cb_auto_range_changes struct cb_range_changes changes = { 0 };
    line[strcspn(line, "\n")] = '\0';
    for (size_t i = 0; i < WORDS; i++)
        words[i] = strtok_r(i == 0 ? line : NULL, " ", &rest);
    bool ok = strcmp(words[0], "recertify") == 0 ? recertify(repo, words, &changes, &err)
                                                 : decertify(repo, words, &changes, &err);
    if (ok)
        printf("%zu\n", changes.count);
    else
        printf("refused: %s\n", err.text);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct cb_repo *repo = NULL;
    char line[512];
    cb_auto(cb_rows_free) struct cb_rows *served = NULL;
    if (argc != 2) {
        print_error("usage: range_driver REPO\n");
        return 2;
    }
    must(cb_repo_open(argv[1], NULL, NULL, &repo, &oops));
    must(cb_db_run(repo->db, "SELECT pg_backend_pid()", CB_P0, &served, &oops));
    printf("%s\n", cb_rows_text(served, 0, 0));
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL)
        carry_out(repo, line);
    cb_repo_close(repo);
    return 0;
}
