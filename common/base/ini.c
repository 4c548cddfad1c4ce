/* Reading INI text, line by line. */
#include "base/ini.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

struct reader {
    cb_ini_value *value;
    cb_ini_mistake *mistake;
    void *self;
    int line;
    const char *section; /* NULL before the first */
};

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL)
        text[--length] = '\0';
    return text;
}

static bool is_name(const char *text, const char *allowed)
{
    return text[0] != '\0' && strspn(text, allowed) == strlen(text);
}

#define KEY_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

static void read_section(struct reader *reader, char *line)
{
    size_t length = strlen(line);
    if (line[length - 1] != ']') {
        reader->mistake(reader->self, reader->line, "section has no closing ]");
        return;
    }
    line[length - 1] = '\0';
    char *name = trim(line + 1);
    if (!is_name(name, KEY_CHARACTERS ".-"))
        reader->mistake(reader->self, reader->line, "section name has other characters than a-z 0-9 _ . -");
    else
        reader->section = name;
}

/* "text with \" and \\" in place; false when it does not end with its quote. */
static bool unquote(char *text)
{
    char *to = text;
    const char *from = text + 1;
    while (*from != '\0' && *from != '"') {
        if (from[0] == '\\' && (from[1] == '"' || from[1] == '\\'))
            from++;
        *to++ = *from++;
    }
    bool closed = from[0] == '"' && from[1] == '\0';
    *to = '\0';
    return closed;
}

static void read_value(struct reader *reader, char *line)
{
    char *equals = strchr(line, '=');
    if (equals == NULL) {
        reader->mistake(reader->self, reader->line, "neither [section] nor key = value");
        return;
    }
    *equals = '\0';
    char *key = trim(line), *value = trim(equals + 1);
    if (!is_name(key, KEY_CHARACTERS))
        reader->mistake(reader->self, reader->line, "key has other characters than a-z 0-9 _");
    else if (reader->section == NULL)
        reader->mistake(reader->self, reader->line, "key stands before the first [section]");
    else if (value[0] == '"' && !unquote(value))
        reader->mistake(reader->self, reader->line, "quoted value does not end with its quote");
    else
        reader->value(reader->self, reader->line, reader->section, key, value);
}

static void read_line(struct reader *reader, char *line)
{
    char *start = trim(line);
    if (start[0] == '\0' || start[0] == '#' || start[0] == ';')
        return;
    if (start[0] == '[')
        read_section(reader, start);
    else
        read_value(reader, start);
}

void cb_ini_read(char *text, size_t size, cb_ini_value *value, cb_ini_mistake *mistake, void *self)
{
    struct reader reader = { .value = value, .mistake = mistake, .self = self };
    text[size] = '\0';
    if (memchr(text, '\0', size) != NULL || !cb_utf8_is_valid(text, size)) {
        mistake(self, 1, "not UTF-8 text");
        return;
    }
    for (char *line = text; line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end = '\0';
        reader.line++;
        read_line(&reader, line);
        line = end != NULL ? end + 1 : NULL;
    }
}
