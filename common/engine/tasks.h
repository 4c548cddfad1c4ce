/* The task classes, one file each: task_<name>.c. */
#pragma once

#include "engine/task.h"

extern const struct cb_task_class cb_task_isr;
extern const struct cb_task_class cb_task_cosmic_rays;
extern const struct cb_task_class cb_task_combine;
extern const struct cb_task_class cb_task_combine_by_filter;
extern const struct cb_task_class cb_task_flat_measure;
extern const struct cb_task_class cb_task_flat_normalize;
extern const struct cb_task_class cb_task_verify_bias;
extern const struct cb_task_class cb_task_verify_dark;
extern const struct cb_task_class cb_task_verify_flat;
extern const struct cb_task_class cb_task_verify_exp_merge;
extern const struct cb_task_class cb_task_verify_exp_merge_by_filter;
extern const struct cb_task_class cb_task_verify_run_merge;
extern const struct cb_task_class cb_task_verify_run_merge_by_filter;
