/* A bps template: the YAML file that `bps submit` is given, rendered into what a run is asked for.
 *
 * Source: lsst/ctrl_bps configuration files, as cp_pipe and cp_verify write them. Keys that calbus has no use
 * for (sites, job commands) are passed over; any of them can be named in other values as {key}. Of calbus's
 * own is environmentDefaults: what a variable stands for when it is unset. */
#pragma once

#include "base/cleanup.h"
#include "engine/environment.h"

/* A set of texts. */
struct cb_texts {
    char **at;
    size_t count;
};
void cb_texts_add(struct cb_texts *texts, const char *text, size_t length);
bool cb_texts_has(const struct cb_texts *texts, const char *text);
void cb_texts_done(struct cb_texts *texts);

/* --config TASK:FIELD=VALUE, as text. */
struct cb_override {
    char *task, *field, *value;
};

/* How quanta are to be grouped; a hint. */
struct cb_cluster {
    char *label;
    struct cb_texts pipetasks, dimensions;
};

/* What a task asks of a worker; 0: nothing said. */
struct cb_resources {
    char *label;
    int64_t memory_mb, cpus;
};

struct cb_template {
    char *path;                      /* of the file */
    char *pipeline;                  /* pipelineYaml: path, maybe with #labels or #subset after it */
    char *project, *campaign, *name; /* "" when not given */
    char *submit_path;               /* NULL: none, or it names a variable that is unset */
    char *repository;                /* payload.butlerConfig */
    char *output;                    /* payload.output, a CHAINED collection; "" when none is given */
    char *output_run;                /* RUN */
    char *where;                     /* payload.dataQuery; "" means everything */
    struct cb_texts inputs;          /* payload.inCollection in search order, each once */
    struct cb_override *override;
    size_t overrides;
    struct cb_cluster *cluster;
    size_t clusters;
    struct cb_resources *resources;
    size_t resource_count;
    struct cb_texts warnings;
    char *rendered; /* the whole template with everything filled in, as YAML */
};

/* What the command line says in place of a template's own value: { "payload.output", "x" }. Ended by key
 * NULL. */
struct cb_template_value {
    const char *key, *value;
};

/*
 * Load a template and what it includes (includeConfigs: the including file wins key by key), fill in
 * variables, then names.
 *
 * timestamp  for {timestamp}, "20241210T010203Z"
 * values     may be NULL
 *
 * Errors    CB_ERR_NOT_FOUND  no such file
 *           CB_ERR_INVALID    no YAML of the right form; a key that a run needs is missing; "environment
 * variable NAME is not set" (with the key that needs it); an option in extraQgraphOptions that is not
 *                             --config
 */
CB_MUST_CHECK bool cb_template_load(const char *path, const struct cb_environment *environment,
                                    const char *timestamp, const struct cb_template_value *values,
                                    struct cb_template **ret_template, struct cb_error *err);
void cb_template_free(struct cb_template *template);
CB_DEFINE_CLEANUP(struct cb_template *, cb_template_free)

/* Collections between commas; blanks, line ends and backslashes before line ends around them are dropped,
 * empty and repeated entries too. */
void cb_collections_split(const char *text, struct cb_texts *ret_collections);

/* Options of extraQgraphOptions or of a command line: "-c T:F=V --config 'T:F=[1, 2]'".
 * Errors: CB_ERR_INVALID naming the option that is no --config, or the value that is no TASK:FIELD=VALUE. */
CB_MUST_CHECK bool cb_overrides_parse(const char *text, struct cb_template *template, struct cb_error *err);
