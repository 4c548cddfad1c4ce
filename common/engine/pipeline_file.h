/* Pipeline files as they are written: imports merged, tasks left out, nothing yet looked up in the task
 * table. */
#pragma once

#include "engine/template.h"

struct cb_yaml;
struct cb_yaml_node;

/* One "key: value" of a config block, from whichever file had the last word. */
struct cb_draft_setting {
    char *name;
    const struct cb_yaml_node *value; /* borrowed from the draft's documents */
    const char *file;
    size_t line;
};

struct cb_draft_task {
    char *label, *class;
    const char *file; /* where it is written last */
    size_t line;
    struct cb_draft_setting *setting;
    size_t settings;
    bool left_out; /* by include, exclude or the labels after # */
};

/* A group of tasks with a name. */
struct cb_draft_subset {
    char *name;
    struct cb_texts labels;
};

struct cb_draft_parameter {
    char *name;
    const struct cb_yaml_node *value;
};

struct cb_draft {
    char *origin; /* path of the outermost file */
    char *description, *instrument;
    struct cb_draft_task *task;
    size_t tasks;
    struct cb_draft_subset *subset;
    size_t subsets;
    struct cb_draft_parameter *parameter;
    size_t parameters;
    struct cb_texts contracts;
    struct cb_yaml **yaml; /* every document, kept for its nodes */
    size_t documents;
};

/* Errors: as cb_pipeline_load, as far as they can be seen in the files alone. */
CB_MUST_CHECK bool cb_draft_read(const char *location, const struct cb_environment *environment,
                                 struct cb_draft **ret_draft, struct cb_error *err);
CB_MUST_CHECK bool cb_draft_parse(const char *text, const char *origin, struct cb_draft **ret_draft,
                                  struct cb_error *err);
void cb_draft_free(struct cb_draft *draft);
CB_DEFINE_CLEANUP(struct cb_draft *, cb_draft_free)

const struct cb_yaml_node *cb_draft_parameter(const struct cb_draft *draft,
                                              const char *name); /* NULL: absent */
/* A task of that label was written somewhere, even if it is left out. */
bool cb_draft_knows(const struct cb_draft *draft, const char *label, size_t length);
