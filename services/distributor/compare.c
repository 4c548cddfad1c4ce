/* What a header names. */
#include "compare.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *card_of(const struct cb_header *header, const char *what, const char *type)
{
    char key[96];
    const char *text = "";
    int length = snprintf(key, sizeof key, "LSST CALIB %s ", what);
    for (const char *at = type; *at != '\0' && (size_t)length < sizeof key - 1; at++)
        key[length++] = (char)toupper((unsigned char)*at);
    key[length] = '\0';
    (void)cb_header_get_string(header, key, &text);
    return text;
}

static bool names_one(const struct cb_header *header, const struct expected *expected,
                      struct cb_bytes *detail)
{
    static const char *const whats[] = { "RUN", "UUID", "SHA256" };
    const char *wanted[] = { expected->run, expected->id, expected->sha256 };
    for (size_t i = 0; i < sizeof whats / sizeof *whats; i++) {
        const char *named = card_of(header, whats[i], expected->type);
        if (strcmp(named, wanted[i]) == 0)
            continue;
        cb_bytes_printf(detail, "%s: the header has %s %s instead of %s", expected->type, whats[i],
                        named[0] == '\0' ? "nothing" : named, wanted[i]);
        return false;
    }
    cb_bytes_printf(detail, "%s %s of %s", expected->type, expected->id, expected->run);
    return true;
}

bool header_names(const struct cb_header *header, const struct expected *expected, size_t count,
                  struct cb_bytes *detail)
{
    bool all = count > 0;
    for (size_t i = 0; i < count; i++) {
        cb_bytes_puts(detail, i == 0 ? "" : "; ");
        all = names_one(header, &expected[i], detail) && all;
    }
    return all;
}
