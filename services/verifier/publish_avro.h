/* Publishes the history of metrics as Avro on lsst.cp.*, where a schema registry is configured. */
#pragma once

#include "verifier.h"

struct avro_publisher;
/* Errors: INVALID no memory for the settings. The registry and the broker need not be there. */
CB_MUST_CHECK bool avro_publisher_open(const struct cb_service_config *common,
                                       struct avro_publisher **ret_publisher, struct cb_error *err);
void avro_publisher_close(struct avro_publisher *publisher);

/* Send the next records and wait for the broker to have them; the cursor moves only over those that it has.
 * Errors: TRANSIENT broker or registry are away; as cb_registry_register. */
CB_MUST_CHECK bool avro_publish(struct avro_publisher *publisher, struct cb_db *db, bool *ret_again,
                                struct cb_error *err);
