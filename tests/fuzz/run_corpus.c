/* Runs a fuzz target over the files of its corpus, so that what was once found stays mended without a fuzzer.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MAX_BYTES (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *folder, const char *name)
{
    char path[4096];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(MAX_BYTES);
    if (file == NULL || data == NULL || fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
        if (file != NULL)
            fclose(file);
        free(data);
        return 0;
    }
    size_t size = fread(data, 1, MAX_BYTES, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    /* and every shorter piece, as a truncated file would be */
    for (size_t part = 0; part < size; part += 1 + size / 64)
        LLVMFuzzerTestOneInput(data, part);
    free(data);
    return 1;
}

int main(int argc, char **argv)
{
    int files = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        fprintf(stderr, "usage: run_corpus FOLDER\n");
        return 2;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        files += run_file(argv[1], entry->d_name);
    closedir(folder);
    printf("%d inputs\n", files);
    return files > 0 ? 0 : 1;
}
