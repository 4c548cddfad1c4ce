/* The verifier's state and handlers. */
#pragma once

#include "butler/repository.h"
#include "engine/quantum.h"
#include "service/service.h"

/* What this service is told besides the common settings. */
struct verifier_config {
    char *pipelines; /* [verifier] pipelines: folder with <INSTRUMENT>/verify<Type>.yaml; "": $CP_VERIFY_DIR's
                      */
    int64_t others;  /* [verifier] others: newest exposures verified besides a calibration's inputs */
    char *roles;     /* [verifier] roles: planner, worker, or both */
    int64_t threads, lease_ms, attempts; /* as the generator's */
    bool automatic;                      /* [verifier] automatic: verify each finished generation by itself */
};

struct avro_publisher;

struct verifier {
    struct verifier_config config;
    char *home;                 /* CALBUS_HOME */
    char *pipelines;            /* in force */
    struct cb_repo_index index; /* labels of repositories */
    char *index_path;
    struct cb_engine engine;     /* whose quanta are taken, and how long a lease is */
    struct avro_publisher *avro; /* metrics go out as Avro; NULL: no schema registry is configured */
};

/* Open a repository by label or path, on the handler's connection. */
CB_MUST_CHECK bool open_repository(struct verifier *me, struct cb_db *db, const char *label,
                                   struct cb_repo **ret_repo, struct cb_error *err);

cb_handler on_generation_finished, on_verification_requested, on_calibset_closed;

/* Tasks of the service: end verifications whose run has ended; publish the history of metrics. */
bool conclude_task(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);
bool publish_task(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err);
