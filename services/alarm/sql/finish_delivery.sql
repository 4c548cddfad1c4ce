-- A receiver was told. $1 receiver  $2 alarm name  $3 token  $4 sequence  $5 firing  $6 starts_at
UPDATE calbus.alarm_delivery
   SET delivered = $4::bigint, was_firing = $5::boolean, starts_at = $6::bigint, attempts = 0, lease_until = NULL,
       error = '', next_attempt = now()
 WHERE receiver = $1 AND name = $2 AND token = $3::bigint
