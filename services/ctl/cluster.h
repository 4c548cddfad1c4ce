/* The private PostgreSQL cluster of one $CALBUS_HOME: made by initdb, reached over a Unix socket in a short
 * path, open to its owner (and root) alone.
 *
 *   an ordinary user   $CALBUS_HOME/postgres/{data,socket}
 *   root               /var/lib/calbus/<hash of $CALBUS_HOME>/{data,socket}, owned by user postgres, because
 *                      PostgreSQL refuses to run as root and a home of mode 0700 is closed to other users
 *
 * $CALBUS_HOME/postgres/location records the folder; $CALBUS_HOME/postgres/uri the address. */
#pragma once

#include "layout.h"
#include "process.h"
#include "settings.h"

struct ctl_cluster {
    char *bin;    /* folder of postgres and initdb, of the data's major version */
    char *folder; /* holds data and socket */
    char *socket; /* folder of the socket */
    char *uri;    /* of database calbus */
    uid_t uid;    /* who runs the server */
    gid_t gid;
};

/* The address of the database: the configured one, else the private cluster's, to be freed; NULL when there
 * is no cluster yet. */
char *ctl_cluster_uri(const struct ctl_layout *layout, const char *configured);

/* Make the cluster when there is none, write its settings anew, clear away what a killed server left. No
 * server is started. ret_made may be NULL. Errors: NOT_FOUND no PostgreSQL server is installed, or not of the
 * data's major version; CONFLICT the home has had a cluster, which is gone; FATAL initdb failed. */
CB_MUST_CHECK bool ctl_cluster_prepare(const struct ctl_layout *layout, const struct ctl_settings *settings,
                                       struct ctl_cluster *ret_cluster, bool *ret_made, struct cb_error *err);
void ctl_cluster_done(struct ctl_cluster *cluster);

/* The server that runs on this cluster's data, if one does. */
bool ctl_cluster_server(const struct ctl_cluster *cluster, struct ctl_process *ret_server);
/* Make the database calbus when the server has none. Errors: TRANSIENT the server does not answer yet. */
CB_MUST_CHECK bool ctl_cluster_make_database(const struct ctl_cluster *cluster, struct cb_error *err);
