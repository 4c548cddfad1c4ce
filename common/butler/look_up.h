/* Private to common/butler: what a repository's handle remembers for cb_dataset_find. */
#pragma once

struct cb_look_up;
void cb_look_ups_free(struct cb_look_up *look_ups); /* may be NULL */
