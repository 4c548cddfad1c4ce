-- A file could not be dealt with now. $1 path  $2 token  $3 seconds until the next attempt, more from time to time
-- $4 why
UPDATE calbus.landed_file
   SET lease_until = NULL, next_attempt = now() + make_interval(secs => least(60, attempts * $3::double precision)), reason = $4
 WHERE path = $1 AND token = $2::bigint AND state = 'arrived'
