/* Keys of tickets. */
#include "domain/ticket.h"

#include <string.h>

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool cb_ticket_is_valid_n(const char *text, size_t length)
{
    size_t project = 0;
    while (project < length && (is_upper(text[project]) || is_digit(text[project])))
        project++;
    if (length >= CB_TICKET_SIZE || project < 2 || !is_upper(text[0]) || project + 1 >= length ||
        text[project] != '-' || text[project + 1] == '0')
        return false;
    for (size_t i = project + 1; i < length; i++)
        if (!is_digit(text[i]))
            return false;
    return true;
}

bool cb_ticket_is_valid(const char *text)
{
    return cb_ticket_is_valid_n(text, strlen(text));
}
