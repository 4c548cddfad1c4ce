/* What the board shows: a table of sections, each a statement with the titles of its columns. */
#pragma once

#include <stdbool.h>

enum { SECTION_COLUMNS = 12 };

enum column_look {
    LOOK_TEXT,
    LOOK_NUMBER,
    LOOK_WORD /* a verdict or state, coloured */,
    LOOK_REPORT /* path of a report */
};

struct section_column {
    const char *key; /* of the JSON; NULL ends the list */
    const char *title;
    enum column_look look;
};

struct section {
    const char *name; /* "alarms": path of the JSON; NULL ends the table */
    const char *title;
    const char *empty; /* what is said when there is nothing; absence is never green */
    const char *sql;
    struct section_column columns[SECTION_COLUMNS];
};

extern const struct section sections[];
