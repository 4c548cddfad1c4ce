-- retry_quanta: failed, skipped and cancelled quanta of a run are tried once more. $1 run
UPDATE calbus.quantum q
   SET state = CASE WHEN q.waits_for = 0 THEN 'ready' ELSE 'waiting' END, attempts = 0, error = '', owner = NULL,
       not_before = now(), ended_at = NULL, started_at = NULL
 WHERE q.run_id = $1::uuid AND q.state IN ('failed', 'skipped', 'cancelled')
