/* Tasks: the table from a pipeline's class string to a C function, with its configuration and connections.
 *
 * A task function is given one data ID (one detector, or one exposure of one detector, ...) and reads its
 * inputs and writes its outputs through the functions of call.h; it knows nothing of runs, quanta or events.
 */
#pragma once

#include "domain/dimensions.h"
#include "engine/config.h"

struct cb_call;

enum cb_connection_kind {
    CB_CONNECT_INPUT,        /* made by another task of the pipeline, or there before it (raw) */
    CB_CONNECT_PREREQUISITE, /* a calibration, looked up along the inputs at each exposure's time */
    CB_CONNECT_OUTPUT
};

struct cb_connection {
    const char *name; /* upstream's: "ccdExposure"; NULL ends the table */
    enum cb_connection_kind kind;
    const char *dataset_type; /* unless the pipeline says connections.NAME */
    const char *storage_class;
    uint32_t dims; /* required dimensions, CB_DIM(...) */
    bool is_calibration;
    bool optional;    /* prerequisite: its absence is no error */
    const char *when; /* field that must be true, or "field=value"; NULL: always used */
};

struct cb_task_class {
    const char *name;  /* "lsst.cp.pipe.CalibCombineTask" */
    const char *alias; /* the same by its module's path, NULL */
    uint32_t dims;     /* of one data ID; with exposure: quanta of up to `batch` exposures are formed */
    size_t batch;      /* 0: 1 */
    /* Its output is no file: what reads it runs it in the same quantum, exposure by exposure. Only when
     * nothing of the pipeline reads the output is it run by itself and written. */
    bool is_fused;
    const struct cb_config_field *fields;
    const struct cb_connection *connections;
    bool (*run)(struct cb_call *call, struct cb_error *err);
};

/* The table, ended by NULL. Source of names, fields, connections and defaults: lsst/ip_isr, lsst/cp_pipe,
 * lsst/cp_verify. */
extern const struct cb_task_class *const cb_task_classes[];

/* By class string. Errors: CB_ERR_NOT_FOUND naming it and the nearest there is. */
CB_MUST_CHECK bool cb_task_class_find(const char *name, const struct cb_task_class **ret_class,
                                      struct cb_error *err);
/* A connection by name, NULL when there is none. */
const struct cb_connection *cb_connection_find(const struct cb_task_class *class, const char *name);
/* Whether a connection is used with that configuration (its `when` holds). */
bool cb_connection_is_used(const struct cb_connection *connection, const struct cb_config *config);
