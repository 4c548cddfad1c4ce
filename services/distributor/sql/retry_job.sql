-- A job that failed. $1 job  $2 pause in ms  $3 error
UPDATE calbus.dist_job
   SET lease_until = NULL, next_attempt = now() + $2::bigint * interval '1 ms', failures = failures + 1, error = $3
 WHERE id = $1
