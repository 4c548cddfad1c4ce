-- $1 job  $2 token  $3 lease in seconds
UPDATE calbus.dist_job SET lease_until = now() + make_interval(secs => $3::double precision)
 WHERE id = $1 AND token = $2::bigint AND lease_until IS NOT NULL
