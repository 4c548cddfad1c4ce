-- The whole state of an alarm. $1 name, $2.. as in load_alarm, $19 next deadline; gives nothing back.
UPDATE calbus.alarm
   SET severity = $2::smallint, max_severity = $3::smallint, reason = $4, acknowledged = $5::boolean,
       acknowledged_by = $6, muted_severity = $7::smallint, muted_by = $8, do_escalate = $9::boolean,
       severity_oldest = $10::bigint, severity_newest = $11::bigint, max_severity_at = $12::bigint,
       acknowledged_at = $13::bigint, auto_acknowledge_at = $14::bigint, auto_unacknowledge_at = $15::bigint,
       escalate_at = $16::bigint, unmute_at = $17::bigint, next_deadline = $18::bigint
 WHERE name = $1
