/* A test driver that answers each line of its input with one of output, from the repository at ROOT in the
 * test's database.
 */
#pragma once

#include "butler/repository.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The exit status of main. `answer` may change the line. */
static inline int answer_lines(int argc, char **argv, void (*answer)(struct cb_repo *repo, char *line))
{
    const char *uri = getenv("CALBUS_TEST_DB_URI");
    cb_auto(cb_db_close) struct cb_db *db = NULL;
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    struct cb_error err = { 0 };
    char *line = NULL;
    size_t size = 0;
    if (argc != 2 || uri == NULL) {
        fprintf(stderr, "usage: CALBUS_TEST_DB_URI=... %s ROOT\n", argv[0]);
        return 2;
    }
    if (!cb_db_open(uri, "answer_lines", &db, &err) || !cb_repo_open(argv[1], NULL, db, &repo, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    for (ssize_t length; (length = getline(&line, &size, stdin)) > 0;) {
        line[strcspn(line, "\n")] = '\0';
        answer(repo, line);
    }
    free(line);
    return 0;
}
