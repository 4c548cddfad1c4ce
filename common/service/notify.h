/* systemd's notification protocol, without libsystemd. */
#pragma once

#include <stdint.h>

/* Send "READY=1\nSTATUS=..." to a notification socket ($NOTIFY_SOCKET, "@" first is abstract); NULL or ""
 * does nothing. */
void cb_notify(const char *socket_path, const char *text);
