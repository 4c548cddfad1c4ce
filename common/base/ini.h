/* Reading INI text: section, key, value, line; the grammar is in settings.h. */
#pragma once

#include "base/error.h"

#include <stddef.h>

/* Called for each value; texts live until it returns. */
typedef void cb_ini_value(void *self, int line, const char *section, const char *key, const char *value);
/* Called for each line that is no INI. */
typedef void cb_ini_mistake(void *self, int line, const char *what);

/* Read text of size bytes (changed while reading; text[size] must be writable). */
void cb_ini_read(char *text, size_t size, cb_ini_value *value, cb_ini_mistake *mistake, void *self);
