/* butler config-dump: what a repository's configuration means. */
#include "butler_cli.h"

#include "butler/config_dump.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool write_out(const char *name, const struct cb_bytes *text, struct cb_error *err)
{
    FILE *file = strcmp(name, "-") == 0 ? stdout : fopen(name, "we");
    if (file == NULL)
        return cb_fail(err, CB_ERR_INVALID, "Could not open file '%s': %s", name, strerror(errno));
    bool ok = fwrite(cb_bytes_text(text), 1, text->size, file) == text->size;
    ok = (file == stdout ? fflush(file) == 0 : fclose(file) == 0) && ok;
    return ok || cb_fail(err, CB_ERR_TRANSIENT, "could not write \"%s\"", name);
}

static bool run_config_dump(const struct butler_args *args, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(16U << 20);
    struct cb_repo_index index = { 0 };
    const char *path = getenv("DAF_BUTLER_REPOSITORY_INDEX");
    auto_list search_paths = butler_list_of(args, "searchpath");
    const struct cb_config_dump dump = { .repo = args->words[0],
                                         .subset = butler_text(args, "subset", NULL),
                                         .search_paths = (const char *const *)search_paths.item,
                                         .n_search_paths = search_paths.count };
    if (path != NULL && path[0] != '\0' && !cb_repo_index_read(path, &index, err))
        return false;
    bool ok = cb_config_dump(&dump, &index, &text, err);
    cb_repo_index_done(&index);
    return ok && write_out(butler_text(args, "file", "-"), &text, err);
}

static const struct butler_option options[] = {
    { "subset", 's', BUTLER_TEXT, "A key, or a path of keys such as '.datastore.root'; all unless given." },
    { "searchpath", 'p', BUTLER_LIST, "Folders of configuration that goes before the defaults." },
    { "file", 0, BUTLER_TEXT, "Write to this file instead of to the standard output." },
    { .name = NULL },
};
const struct butler_command butler_config_dump = { "config-dump",  "REPO", "Dump butler config to stdout.",
                                                   options,        1,      1,
                                                   run_config_dump };
