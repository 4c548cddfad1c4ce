/* The registry of calbus as registry.py times it beside the stock butler: bench_registry ROOT
 *
 * One question a line on standard input, fields between tabs; one line of answer: the seconds that the call
 * itself took, then what it found, spaces between. FILE, as named in the question, lists what is to be looked
 * up.
 *
 *   certify COLLECTION BEGIN END IDS...    one call
 *
 *   one COLLECTION FILE                    a look-up a call, each by itself; ids or "-", as in the file
 *
 *   path COLLECTION FILE                   the same with the search path resolved once for each type
 *
 *   bulk COLLECTION FILE                   all look-ups of a type in one call
 *
 *   records|ids|datasets WHAT COLLECTION WHERE    rows as "key/key", datasets as ids
 *
 * A line of FILE: TYPE INSTRUMENT DETECTOR FILTER NANOSECONDS, FILTER "-" for none, lines of a type together.
 *
 * bench_registry run OUTPUT COMMAND... runs a command with OUTPUT as its standard output and prints its
 * seconds, CPU seconds, peak memory in MiB and exit status: Python's own size would be the least that it
 * measures. */
#include "butler/query.h"

#include "base/alloc.h"
#include "support/print_rows.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FIELDS_MAX = 2048 };

static struct cb_error oops;

static void must(bool ok)
{
    if (ok)
        return;
    fprintf(stderr, "bench_registry: %s\n", oops.text);
    exit(1);
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Cut a line at its separators; returns how many fields there are. */
static size_t split(char *line, const char *separators, char *fields[FIELDS_MAX])
{
    size_t n = 0;
    char *rest = NULL;
    line[strcspn(line, "\n")] = '\0';
    for (char *at = strtok_r(line, separators, &rest); at != NULL && n < FIELDS_MAX;
         at = strtok_r(NULL, separators, &rest))
        fields[n++] = at;
    return n;
}

/* ---- certification ---- */

static void certify(struct cb_repo *repo, char **field, size_t n)
{
    struct cb_timespan validity = cb_timespan_of(strtoll(field[2], NULL, 10), strtoll(field[3], NULL, 10));
    double begin = now_s();
    must(cb_certify(repo, field[1], (const char *const *)field + 4, n - 4, validity, &oops));
    printf("%.9f", now_s() - begin);
}

/* ---- look-ups ---- */

struct question {
    char type[64];
    struct cb_data_id id;
    struct cb_timespan when;
};
struct questions {
    struct question *item;
    size_t count;
};

static void add_question(struct questions *all, char *line)
{
    char *word[FIELDS_MAX];
    if (split(line, " ", word) != 5)
        must(cb_fail(&oops, CB_ERR_INVALID, "a question has not five words"));
    all->item = cb_xrealloc_array(all->item, all->count + 1, sizeof *all->item);
    struct question *q = &all->item[all->count++];
    *q = (struct question){ .when =
                                cb_timespan_of(strtoll(word[4], NULL, 10), strtoll(word[4], NULL, 10) + 1) };
    snprintf(q->type, sizeof q->type, "%s", word[0]);
    must(cb_data_id_set(&q->id, CB_INSTRUMENT, word[1], &oops) &&
         cb_data_id_set(&q->id, CB_DETECTOR, word[2], &oops) &&
         (strcmp(word[3], "-") == 0 || cb_data_id_set(&q->id, CB_PHYSICAL_FILTER, word[3], &oops)));
}

static struct questions read_questions(const char *path)
{
    struct questions all = { 0 };
    char line[512];
    FILE *file = fopen(path, "r");
    must(file != NULL || cb_fail(&oops, CB_ERR_NOT_FOUND, "no file \"%s\"", path));
    while (fgets(line, sizeof line, file) != NULL)
        add_question(&all, line);
    fclose(file);
    return all;
}

/* Answers, as ids. */
struct answers {
    char (*id)[CB_UUID_TEXT_SIZE]; /* "-": none */
    double seconds;
};

static void note(struct answers *answers, size_t i, const struct cb_dataset_list *found, size_t place)
{
    snprintf(answers->id[i], sizeof answers->id[i], "%s", place < found->count ? found->item[place].id : "-");
}

static void look_up_each(struct cb_repo *repo, const char *collection, const struct questions *all,
                         struct answers *answers)
{
    for (size_t i = 0; i < all->count; i++) {
        cb_auto_datasets struct cb_dataset_list found = { 0 };
        const struct question *q = &all->item[i];
        must(cb_dataset_find(repo, q->type, &q->id, &collection, 1, &q->when, &found, &oops));
        note(answers, i, &found, 0);
    }
}

static size_t end_of_type(const struct questions *all, size_t begin)
{
    size_t end = begin + 1;
    while (end < all->count && strcmp(all->item[end].type, all->item[begin].type) == 0)
        end++;
    return end;
}

static void look_up_on_path(struct cb_repo *repo, const char *collection, const struct questions *all,
                            struct answers *answers)
{
    for (size_t i = 0, end; i < all->count; i = end) {
        cb_auto(cb_finder_close) struct cb_finder *finder = NULL;
        must(cb_finder_open(repo, all->item[i].type, &collection, 1, &finder, &oops));
        end = end_of_type(all, i);
        for (size_t k = i; k < end; k++) {
            cb_auto_datasets struct cb_dataset_list found = { 0 };
            must(cb_finder_find(finder, &all->item[k].id, &all->item[k].when, &found, &oops));
            note(answers, k, &found, 0);
        }
    }
}

static void look_up_type(struct cb_repo *repo, const char *collection, const struct question *q, size_t n,
                         struct answers *answers, size_t first)
{
    cb_auto(cb_finder_close) struct cb_finder *finder = NULL;
    cb_auto_datasets struct cb_dataset_list found = { 0 };
    struct cb_data_id *ids = cb_xalloc_array(n, sizeof *ids);
    struct cb_timespan *whens = cb_xalloc_array(n, sizeof *whens);
    size_t *places = cb_xalloc_array(n, sizeof *places);
    for (size_t i = 0; i < n; i++) {
        ids[i] = q[i].id;
        whens[i] = q[i].when;
    }
    must(cb_finder_open(repo, q->type, &collection, 1, &finder, &oops) &&
         cb_finder_find_many(finder, ids, whens, n, places, &found, &oops));
    for (size_t i = 0; i < n; i++)
        note(answers, first + i, &found, places[i]);
    free(ids);
    free(whens);
    free(places);
}

static void look_up_in_bulk(struct cb_repo *repo, const char *collection, const struct questions *all,
                            struct answers *answers)
{
    for (size_t i = 0, end; i < all->count; i = end) {
        end = end_of_type(all, i);
        look_up_type(repo, collection, &all->item[i], end - i, answers, i);
    }
}

static const struct {
    const char *name;
    void (*look_up)(struct cb_repo *repo, const char *collection, const struct questions *all,
                    struct answers *answers);
} ways[] = {
    { "one", look_up_each },
    { "path", look_up_on_path },
    { "bulk", look_up_in_bulk },
};

static bool look_up(struct cb_repo *repo, char **field)
{
    for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
        if (strcmp(ways[w].name, field[0]) != 0)
            continue;
        struct questions all = read_questions(field[2]);
        struct answers answers = { .id = cb_xalloc_array(all.count + 1, sizeof *answers.id) };
        double begin = now_s();
        ways[w].look_up(repo, field[1], &all, &answers);
        printf("%.9f", now_s() - begin);
        for (size_t i = 0; i < all.count; i++)
            printf(" %s", answers.id[i]);
        free(all.item);
        free(answers.id);
        return true;
    }
    return false;
}

/* ---- expressions ---- */

static void query_records(struct cb_repo *repo, const char *what, const struct cb_query *query)
{
    cb_auto_records struct cb_record_list list = { 0 };
    double begin = now_s();
    must(cb_query_records(repo, cb_element_find(what, strlen(what)), query, &list, &oops));
    printf("%.9f", now_s() - begin);
    print_records(&list);
}

static void query_ids(struct cb_repo *repo, char *what, const struct cb_query *query)
{
    char *name[FIELDS_MAX];
    size_t count = split(what, ",", name);
    uint32_t dims = 0;
    cb_auto_data_ids struct cb_data_id_list list = { 0 };
    must(cb_dimensions_parse((const char *const *)name, count, &dims, &oops));
    double begin = now_s();
    must(cb_query_data_ids(repo, dims, query, &list, &oops));
    printf("%.9f", now_s() - begin);
    for (size_t i = 0; i < list.count; i++)
        print_data_id(&list.item[i], cb_dimensions_required(cb_dimensions_expand(dims)));
}

static void query_datasets(struct cb_repo *repo, char *what, const struct cb_query *query)
{
    cb_auto_datasets struct cb_dataset_list list = { 0 };
    double begin = now_s();
    must(cb_query_datasets(repo, what, CB_SEARCH_ALL, query, &list, &oops));
    printf("%.9f", now_s() - begin);
    for (size_t i = 0; i < list.count; i++)
        printf(" %s", list.item[i].id);
}

static bool query(struct cb_repo *repo, char **field, size_t n)
{
    const char *collection = field[2];
    struct cb_query query = { .where = n > 3 ? field[3] : NULL };
    if (strcmp(field[0], "records") == 0) {
        query_records(repo, field[1], &query);
    } else if (strcmp(field[0], "ids") == 0) {
        query_ids(repo, field[1], &query);
    } else if (strcmp(field[0], "datasets") == 0) {
        query.collections = &collection;
        query.n_collections = 1;
        query_datasets(repo, field[1], &query);
    } else {
        return false;
    }
    return true;
}

static void answer(struct cb_repo *repo, char *line)
{
    static char *field[FIELDS_MAX];
    size_t n = split(line, "\t", field);
    bool known = n >= 3;
    if (known && strcmp(field[0], "certify") == 0)
        certify(repo, field, n);
    else
        known = known && (look_up(repo, field) || query(repo, field, n));
    must(known || cb_fail(&oops, CB_ERR_INVALID, "what is asked is not known"));
    printf("\n");
    fflush(stdout);
}

/* ---- whole commands ---- */

static void become(const char *output, char **command)
{
    int out = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0666), nowhere = open("/dev/null", O_RDWR);
    if (out >= 0 && nowhere >= 0 && dup2(nowhere, 0) >= 0 && dup2(out, 1) >= 0 && dup2(nowhere, 2) >= 0)
        execv(command[0], command);
    _exit(127);
}

static int run_command(const char *output, char **command)
{
    struct rusage used;
    int status;
    double begin = now_s();
    pid_t child = fork();
    if (child == 0)
        become(output, command);
    must((child > 0 && wait4(child, &status, 0, &used) == child) ||
         cb_fail(&oops, CB_ERR_FATAL, "cannot run %s", command[0]));
    double cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                   1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    printf("%.9f %.6f %.1f %d\n", now_s() - begin, cpu_s, (double)used.ru_maxrss / 1024,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}

int main(int argc, char **argv)
{
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    char *line = NULL;
    size_t size = 0;
    if (argc > 3 && strcmp(argv[1], "run") == 0)
        return run_command(argv[2], argv + 3);
    if (argc != 2) {
        fprintf(stderr, "usage: bench_registry ROOT | bench_registry run OUTPUT COMMAND...\n");
        return 2;
    }
    must(cb_repo_open(argv[1], NULL, NULL, &repo, &oops));
    while (getline(&line, &size, stdin) > 0)
        answer(repo, line);
    free(line);
    return 0;
}
