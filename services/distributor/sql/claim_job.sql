-- The job that has been due longest, under a lease. $1 lease in seconds  $2 owner
WITH next AS (
    SELECT id FROM calbus.dist_job
     WHERE next_attempt <= now() AND (lease_until IS NULL OR lease_until < now())
     ORDER BY next_attempt, id LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE calbus.dist_job AS j
   SET lease_until = now() + make_interval(secs => $1::double precision), owner = $2, token = token + 1
  FROM next WHERE j.id = next.id
RETURNING j.id, j.kind, j.token, j.failures
