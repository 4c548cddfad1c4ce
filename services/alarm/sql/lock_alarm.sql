-- The row of an alarm, made nominal if it does not exist, locked until the transaction ends. Run before load_alarm.
-- $1 name text  $2 labels jsonb  $3..$6 escalation responder text, delays bigint: escalation, auto ack, auto unack
INSERT INTO calbus.alarm (name, sequence, labels, escalation_responder, escalation_delay, auto_acknowledge_delay,
                          auto_unacknowledge_delay)
VALUES ($1, 0, $2::jsonb, $3, $4::bigint, $5::bigint, $6::bigint)
ON CONFLICT (name) DO UPDATE SET labels = CASE WHEN EXCLUDED.labels = '{}' THEN calbus.alarm.labels
                                               ELSE EXCLUDED.labels END
