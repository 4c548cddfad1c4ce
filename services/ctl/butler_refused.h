/* Commands of the stock butler that calbus does not have, and why. */
#pragma once

#include <stdio.h>

/* The reason, NULL when there is no such stock command among them. */
const char *butler_refusal(const char *name);
/* "  name    (stock butler only) reason", one a line. */
void butler_refusals_print(FILE *out);
