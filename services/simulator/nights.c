/* Plans that are built in, and files. */
#include "nights.h"
#include "night.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <errno.h>
#include <string.h>

#define PLAN_MAX_BYTES ((size_t)1 << 20)

static const char suffix[] = ".night";

/* "campaign" is the file campaign.night. */
static bool is_named(const char *file, const char *name)
{
    size_t size = strlen(name);
    return strncmp(file, name, size) == 0 && strcmp(file + size, suffix) == 0;
}

static bool read_file(const char *path, char **ret_text, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(PLAN_MAX_BYTES);
    char chunk[4096];
    size_t size;
    FILE *file = fopen(path, "re");
    if (file == NULL && errno == ENOENT)
        return cb_fail(err, CB_ERR_NOT_FOUND, "\"%s\" is neither a built-in plan (--list-nights) nor a file",
                       path);
    if (file == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "cannot read plan \"%s\": %s", path, strerror(errno));
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0)
        cb_bytes_add(&text, chunk, size);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed)
        return cb_fail(err, CB_ERR_TRANSIENT, "cannot read plan \"%s\"", path);
    if (!cb_bytes_ok(&text))
        return cb_fail(err, CB_ERR_INVALID, "plan \"%s\" is larger than %zu bytes", path, PLAN_MAX_BYTES);
    if (text.size > 0 && memchr(text.data, '\0', text.size) != NULL)
        return cb_fail(err, CB_ERR_INVALID, "plan \"%s\" is no text", path);
    *ret_text = cb_bytes_steal(&text);
    return true;
}

bool nights_read(const char *name, char **ret_text, struct cb_error *err)
{
    for (size_t i = 0; night_files[i][0] != NULL; i++)
        if (is_named(night_files[i][0], name)) {
            *ret_text = cb_xstrdup(night_files[i][1]);
            return true;
        }
    return read_file(name, ret_text, err);
}

void nights_print(FILE *out)
{
    for (size_t i = 0; night_files[i][0] != NULL; i++)
        fprintf(out, "%.*s\n", (int)(strlen(night_files[i][0]) - strlen(suffix)), night_files[i][0]);
}
