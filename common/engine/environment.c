/* Environment variables as a given list, and the two substitutions of bps templates: ${NAME} and {name}. */
#include "engine/environment.h"

#include <ctype.h>
#include <string.h>

#define CB_NAMES_DEPTH 32 /* {a} that holds {b} that holds {c} ...: deeper is taken for a circle */

const char *cb_environment_find(const struct cb_environment *environment, const char *name, size_t length)
{
    if (environment == NULL || environment->entry == NULL || length == 0)
        return NULL;
    for (const char *const *entry = environment->entry; *entry != NULL; entry++) {
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    }
    return NULL;
}

static bool is_word(char letter)
{
    return isalnum((unsigned char)letter) != 0 || letter == '_';
}

/* The name after a dollar sign; 0 when there is none. *ret_used counts the dollar and the braces. */
static size_t variable_at(const char *dollar, const char **ret_name, size_t *ret_used)
{
    const char *name = dollar + 1;
    size_t length = 0;

    if (*name == '{') {
        const char *end = strchr(name, '}');
        if (end == NULL)
            return 0;
        *ret_name = name + 1;
        *ret_used = (size_t)(end - dollar) + 1;
        return (size_t)(end - name) - 1;
    }
    while (is_word(name[length]))
        length++;
    *ret_name = name;
    *ret_used = length + 1;
    return length;
}

bool cb_expand_variables(const char *text, const struct cb_environment *environment,
                         cb_variable_fallback *fallback, void *self, struct cb_bytes *out,
                         struct cb_error *err)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "$");
        cb_bytes_add(out, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        const char *name = NULL;
        size_t used = 0, length = variable_at(text, &name, &used);
        if (length == 0) { /* a dollar sign alone */
            cb_bytes_add(out, text++, 1);
            continue;
        }
        const char *value = cb_environment_find(environment, name, length);
        if (value == NULL && fallback != NULL)
            value = fallback(self, name, length);
        if (value == NULL)
            return cb_fail(err, CB_ERR_INVALID, "environment variable %.*s is not set", (int)length, name);
        cb_bytes_puts(out, value);
        text += used;
    }
    return true;
}

static bool expand_names(const char *text, cb_name_find *find, void *self, int depth, struct cb_bytes *out,
                         struct cb_error *err)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "{}");
        cb_bytes_add(out, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        if (text[0] == text[1] || *text == '}') { /* {{, }}, or a closing brace alone */
            cb_bytes_add(out, text, 1);
            text += text[0] == text[1] ? 2 : 1;
            continue;
        }
        const char *end = strchr(text, '}');
        if (end == NULL)
            return cb_fail(err, CB_ERR_INVALID, "the brace in \"%.40s\" is not closed", text);
        size_t length = (size_t)(end - text) - 1;
        const char *value = find(self, text + 1, length);
        if (value == NULL)
            return cb_fail(err, CB_ERR_INVALID, "nothing is called \"%.*s\"", (int)length, text + 1);
        if (depth >= CB_NAMES_DEPTH)
            return cb_fail(err, CB_ERR_INVALID, "\"%.*s\" leads to itself", (int)length, text + 1);
        if (!expand_names(value, find, self, depth + 1, out, err))
            return false;
        text = end + 1;
    }
    return true;
}

bool cb_expand_names(const char *text, cb_name_find *find, void *self, struct cb_bytes *out,
                     struct cb_error *err)
{
    return expand_names(text, find, self, 0, out, err);
}
