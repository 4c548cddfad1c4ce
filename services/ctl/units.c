/* The processes of a running suite, as the supervisor last wrote them. */
#include "units.h"

#include "base/alloc.h"
#include "io/file.h"

#include <stdio.h>

enum { LARGEST_FILE = 65536 };

bool ctl_suite_write(const struct ctl_layout *layout, const struct ctl_suite *suite, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(LARGEST_FILE);
    cb_auto(cb_free) char *path = ctl_home_path(layout, "run/units");
    ctl_suite_format(suite, &text);
    return cb_file_replace(path, text.data, text.size, err);
}

void ctl_suite_read(const struct ctl_layout *layout, struct ctl_suite *ret_suite)
{
    cb_auto(cb_free) char *path = ctl_home_path(layout, "run/units");
    cb_auto(cb_free) char *text = cb_xalloc(LARGEST_FILE + 1);
    FILE *file = fopen(path, "re");
    size_t n = file == NULL ? 0 : fread(text, 1, LARGEST_FILE, file);
    if (file != NULL)
        fclose(file);
    text[n] = '\0';
    if (!ctl_suite_parse(text, ret_suite))
        *ret_suite = (struct ctl_suite){ 0 };
}

bool ctl_suite_is_up(const struct ctl_suite *suite)
{
    return ctl_process_lives(&suite->supervisor);
}
