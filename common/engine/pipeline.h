/* A pipeline: tasks with their configuration and connections, read from YAML with its imports, checked whole.
 *
 * Source: the format of lsst/pipe_base pipeline files. Task by task the importing file wins, key by key. */
#pragma once

#include "engine/task.h"
#include "engine/template.h"

struct cb_pipeline_task {
    char *label;
    const struct cb_task_class *class;
    struct cb_config *config;
    char **dataset_type; /* of each connection of the class, in its order */
};

struct cb_pipeline {
    char *description;
    char *instrument;              /* "lsst.obs.lsst.LsstComCam", "" when not given */
    struct cb_pipeline_task *task; /* producers before consumers */
    size_t tasks;
    struct cb_texts contracts;
};

/*
 * Load a pipeline file.
 *
 * location  path, with variables; "#a,b" after it keeps only the tasks and subsets named
 * override  applied last; may be NULL
 *
 * Errors    CB_ERR_NOT_FOUND  no such file, or no such task class, naming the task
 *           CB_ERR_INVALID    not of the right form; a python block (file, line and task are named); a task
 * class, config field or connection that there is not; a value that cannot be run; a contract that does not
 * hold; tasks that wait for each other
 */
CB_MUST_CHECK bool cb_pipeline_load(const char *location, const struct cb_environment *environment,
                                    const struct cb_override *override, size_t overrides,
                                    struct cb_pipeline **ret_pipeline, struct cb_error *err);
/* The same from the text that cb_pipeline_format wrote. */
CB_MUST_CHECK bool cb_pipeline_parse(const char *text, const char *origin, struct cb_pipeline **ret_pipeline,
                                     struct cb_error *err);
void cb_pipeline_free(struct cb_pipeline *pipeline);
CB_DEFINE_CLEANUP(struct cb_pipeline *, cb_pipeline_free)

/* The pipeline as one file without imports, every value that differs from its default written out. */
void cb_pipeline_format(const struct cb_pipeline *pipeline, struct cb_bytes *out);

const struct cb_pipeline_task *cb_pipeline_find(const struct cb_pipeline *pipeline, const char *label);
/* Dataset type of a connection of a task; NULL when the class has no such connection. */
const char *cb_pipeline_dataset_type(const struct cb_pipeline_task *task, const char *connection);
/* Which task makes a dataset type; NULL: none, it comes from outside. */
const struct cb_pipeline_task *cb_pipeline_producer(const struct cb_pipeline *pipeline,
                                                    const char *dataset_type);
/* Whether any task reads it. */
bool cb_pipeline_is_read(const struct cb_pipeline *pipeline, const char *dataset_type);
