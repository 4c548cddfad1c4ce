-- Take one delivery that is due, for $1 seconds; the state to tell comes along.
UPDATE calbus.alarm_delivery AS d
   SET lease_until = now() + make_interval(secs => $1::double precision), token = token + 1, attempts = attempts + 1
  FROM (SELECT receiver, name FROM calbus.alarm_delivery
         WHERE wanted > delivered AND next_attempt <= now() AND (lease_until IS NULL OR lease_until < now())
         ORDER BY next_attempt LIMIT 1 FOR UPDATE SKIP LOCKED) AS due
  JOIN calbus.alarm AS a ON a.name = due.name
 WHERE d.receiver = due.receiver AND d.name = due.name
RETURNING d.receiver, d.name, a.sequence, d.token, d.attempts, d.was_firing, d.starts_at, a.severity, a.max_severity,
          a.reason, a.acknowledged, a.acknowledged_by, a.labels::text, a.severity_oldest, a.muted_severity
