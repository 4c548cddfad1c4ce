-- A receiver could not be told. $1 receiver  $2 alarm name  $3 token  $4 seconds until the next attempt  $5 error
UPDATE calbus.alarm_delivery
   SET lease_until = NULL, error = $5, next_attempt = now() + make_interval(secs => $4::double precision)
 WHERE receiver = $1 AND name = $2 AND token = $3::bigint
