-- extend_quantum: no row when it is no longer ours or its run was cancelled. $1 id $2 token $3 lease, ms
UPDATE calbus.quantum q
   SET lease_until = now() + $3::bigint * interval '1 millisecond'
  FROM calbus.run r
 WHERE q.id = $1::uuid AND q.token = $2::bigint AND q.state = 'running' AND r.id = q.run_id AND r.state = 'running'
RETURNING q.id
