/* An alarm's row, its change, and what follows from it: history, the state event, deliveries. */
#pragma once

#include "alarm.h"
#include "rules.h"

/* Load the alarm under a lock (made if it does not exist), fire its overdue timers, carry out the command,
 * store it; where it is to be published: history, the state event, and a wish per receiver. cause may be NULL
 * (a timer). ret_updated may be NULL. Errors: as cb_alarm_step; as cb_db_run */
CB_MUST_CHECK bool change_alarm(struct alarm_service *me, struct cb_db *db, const char *name,
                                const char *labels, const struct cb_alarm_command *command, const char *who,
                                const struct cb_event *cause, bool *ret_updated, struct cb_error *err);

/* change_alarm with a severity found by a rule. The same severity and reason as before are no news. */
CB_MUST_CHECK bool report_finding(struct alarm_service *me, struct cb_db *db, const struct finding *finding,
                                  const struct cb_event *cause, struct cb_error *err);

/* Only the overdue timers of one alarm. */
CB_MUST_CHECK bool fire_alarm(struct alarm_service *me, struct cb_db *db, const char *name,
                              struct cb_error *err);
