-- Keep a claimed file. $1 path  $2 token  $3 lease in seconds
UPDATE calbus.landed_file SET lease_until = now() + make_interval(secs => $3::double precision)
 WHERE path = $1 AND token = $2::bigint AND state = 'arrived'
