/* Names of landed files. */
#include "ingest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool list_contains(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; *at != '\0'; at += *at == ',') {
        size_t part = strcspn(at, ",");
        if (part == length && strncmp(at, word, part) == 0)
            return true;
        at += part;
    }
    return false;
}

static const char *const extensions[] = { ".fits.gz", ".fits.fz", ".fits", ".fit", ".fz" };

static size_t extension_length(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        size_t part = strlen(extensions[i]);
        if (length > part && strcmp(name + length - part, extensions[i]) == 0)
            return part;
    }
    return 0;
}

bool is_raw_name(const char *name)
{
    return name[0] != '.' && extension_length(name) > 0;
}

/* "_R22" or "_S11" at the end of a text of this length. */
static bool ends_in_place(const char *text, size_t length, char letter)
{
    if (length < 5)
        return false;
    const char *end = text + length - 4;
    return end[0] == '_' && end[1] == letter && isalnum((unsigned char)end[2]) &&
           isalnum((unsigned char)end[3]);
}

void exposure_name_of(const char *path, char *ret_name, size_t size)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    size_t length = strlen(name) - extension_length(name);
    if (ends_in_place(name, length, 'S') && ends_in_place(name, length - 4, 'R'))
        length -= 8;
    snprintf(ret_name, size, "%.*s", (int)length, name);
}
