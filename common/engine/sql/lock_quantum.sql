-- lock_quantum: no row when the lease is lost or the run was cancelled. $1 id $2 token
SELECT q.attempts
  FROM calbus.quantum q JOIN calbus.run r ON r.id = q.run_id
 WHERE q.id = $1::uuid AND q.token = $2::bigint AND q.state = 'running' AND r.state = 'running'
   FOR UPDATE OF q
