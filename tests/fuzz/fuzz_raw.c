/* Any bytes as a raw file that has landed: structure, gzip, tiles, checksums, header. */
#include "butler/raw_ingest.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct cb_raw_file file = { .path = NULL };
    int fd = memfd_create("raw", MFD_CLOEXEC);
    if (fd < 0)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (write(fd, data, size) == (ssize_t)size && cb_raw_inspect(path, NULL, &file, NULL))
        cb_raw_file_done(&file);
    close(fd);
    return 0;
}
