/* Words that a POSIX shell reads back as they were. */
#include "shell_quote.h"

#include <string.h>

static const char harmless[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";

void ctl_shell_quote(struct cb_bytes *out, const char *word)
{
    if (*word != '\0' && word[strspn(word, harmless)] == '\0') {
        cb_bytes_puts(out, word);
        return;
    }
    cb_bytes_puts(out, "'");
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            cb_bytes_puts(out, "'\\''");
        else
            cb_bytes_add(out, word, 1);
    }
    cb_bytes_puts(out, "'");
}
