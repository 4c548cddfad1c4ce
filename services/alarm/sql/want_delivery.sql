-- A receiver should be told an alarm's state of this sequence. $1 receiver  $2 alarm name  $3 sequence
INSERT INTO calbus.alarm_delivery (receiver, name, wanted) VALUES ($1, $2, $3::bigint)
ON CONFLICT (receiver, name) DO UPDATE
   SET wanted = EXCLUDED.wanted,
       next_attempt = CASE WHEN calbus.alarm_delivery.wanted > calbus.alarm_delivery.delivered
                           THEN calbus.alarm_delivery.next_attempt ELSE now() END
