-- claim_quantum: take one that is ready, or whose worker was lost. $1 engine $2 owner $3 lease, ms
UPDATE calbus.quantum q
   SET state = 'running', owner = $2, token = q.token + 1, attempts = q.attempts + 1, started_at = now(),
       lease_until = now() + $3::bigint * interval '1 millisecond'
 WHERE q.id = (SELECT n.id
                 FROM calbus.quantum n
                WHERE n.engine = $1 AND n.state IN ('ready', 'running')
                  AND ((n.state = 'ready' AND n.not_before <= now())
                       OR (n.state = 'running' AND n.lease_until < now()))
                ORDER BY n.ordinal, n.not_before
                LIMIT 1
                  FOR UPDATE SKIP LOCKED)
RETURNING q.id, q.run_id, q.token, q.attempts, q.label, q.detector, q.physical_filter, q.band,
          array_to_string(q.exposures, ',')
