/* Private to common/butler: where the files lie that a file of a repository's configuration names. */
#pragma once

/* What `path` names as `name`: absolute, or beside it, as "!include" has it. To be freed. */
char *cb_config_beside(const char *path, const char *name);
/* As its key includeConfigs has it: in the working folder, else beside it. To be freed. */
char *cb_config_included(const char *path, const char *name);
