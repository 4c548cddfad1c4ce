/* Help, printed from the command tables: examples first. */
#pragma once

#include "ctl.h"

void ctl_help_all(FILE *out);
void ctl_help_noun(const struct ctl_noun *noun, FILE *out);
void ctl_help_verb(const struct ctl_noun *noun, const struct ctl_verb *verb, FILE *out);
