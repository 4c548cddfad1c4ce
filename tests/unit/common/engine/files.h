/* A folder of files that a test writes, removed at its end. */
#pragma once

#include "base/alloc.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 16

struct files {
    char *folder;
    char *path[FILES_MAX];
    size_t count;
};

static inline void files_open(struct files *files)
{
    *files = (struct files){ .folder = cb_xstrdup("/tmp/cb_engine.XXXXXX") };
    if (mkdtemp(files->folder) == NULL)
        abort();
}

/* A file of that name and content; writing it again replaces it. */
static inline const char *files_add(struct files *files, const char *name, const char *text)
{
    char *path = cb_xasprintf("%s/%s", files->folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0 || files->count == FILES_MAX)
        abort();
    return files->path[files->count++] = path;
}

static inline void files_close(struct files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        unlink(files->path[i]);
        free(files->path[i]);
    }
    rmdir(files->folder);
    free(files->folder);
}
