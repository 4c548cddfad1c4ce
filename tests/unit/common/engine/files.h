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
    char folder[64];
    char path[FILES_MAX][160];
    size_t count;
};

static inline void files_open(struct files *files)
{
    memset(files, 0, sizeof *files);
    snprintf(files->folder, sizeof files->folder, "/tmp/cb_engine.XXXXXX");
    if (mkdtemp(files->folder) == NULL)
        abort();
}

static inline const char *files_add(struct files *files, const char *name, const char *text)
{
    char *path = files->path[files->count++];
    snprintf(path, sizeof files->path[0], "%s/%s", files->folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
    return path;
}

static inline void files_close(struct files *files)
{
    for (size_t i = 0; i < files->count; i++)
        unlink(files->path[i]);
    rmdir(files->folder);
}
