/* The certifier's state and handlers. */
#pragma once

#include "service/service.h"

struct certifier {
    char *index_path; /* the repository index, $CALBUS_HOME/repositories.yaml */
};

bool on_verification_finished(void *self, struct cb_db *db, const struct cb_event *event,
                              struct cb_error *err);
bool on_certification_requested(void *self, struct cb_db *db, const struct cb_event *event,
                                struct cb_error *err);
bool on_recertification_requested(void *self, struct cb_db *db, const struct cb_event *event,
                                  struct cb_error *err);
bool on_chain_requested(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);
bool on_approval_requested(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);
bool on_approval_decided(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);
bool on_site_imported(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);
bool on_deployment_checked(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err);
