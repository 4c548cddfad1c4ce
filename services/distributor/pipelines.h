/* Where the pipeline of the deployment check lies. */
#pragma once

/* configured, else $CP_PIPE_DIR; NULL when neither says. Borrowed. */
const char *pipelines_folder(const char *configured);
