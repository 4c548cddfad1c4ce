/* Where the pipeline of the deployment check lies. */
#include "pipelines.h"

#include <stdlib.h>

const char *pipelines_folder(const char *configured)
{
    const char *folder = configured[0] != '\0' ? configured : getenv("CP_PIPE_DIR");
    return folder != NULL && folder[0] != '\0' ? folder : NULL;
}
