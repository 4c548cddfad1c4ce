-- One alarm, locked. $1 name text
SELECT name, severity, max_severity, reason, acknowledged, acknowledged_by, muted_severity, muted_by, do_escalate,
       escalation_responder, escalation_delay, auto_acknowledge_delay, auto_unacknowledge_delay, severity_oldest,
       severity_newest, max_severity_at, acknowledged_at, auto_acknowledge_at, auto_unacknowledge_at, escalate_at,
       unmute_at
  FROM calbus.alarm WHERE name = $1 FOR UPDATE
