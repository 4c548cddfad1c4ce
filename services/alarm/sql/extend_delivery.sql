-- Keep a claimed delivery. $1 receiver  $2 alarm name  $3 token  $4 seconds
UPDATE calbus.alarm_delivery SET lease_until = now() + make_interval(secs => $4::double precision)
 WHERE receiver = $1 AND name = $2 AND token = $3::bigint
