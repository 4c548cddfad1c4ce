/* Keys of tickets: construction, TAXICAB and deployment (DMTN-222 3.4). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CB_TICKET_SIZE 32

/* ^[A-Z][A-Z0-9]+-[1-9][0-9]*$, at most CB_TICKET_SIZE - 1 characters. */
bool cb_ticket_is_valid(const char *text);
bool cb_ticket_is_valid_n(const char *text, size_t length);
