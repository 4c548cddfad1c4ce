-- Put the message of a dead letter into the outbox, as it was; it came from somewhere else.  $1 id  $2 slot
INSERT INTO calbus.outbox (day, ce_id, type, topic, key, slot, source, subject, ce_time, traceparent, value)
SELECT day, ce_id, type, topic, key, $2::smallint, headers->>'ce_source', coalesce(headers->>'ce_subject', ''),
       (headers->>'ce_time')::timestamptz, coalesce(headers->>'traceparent', ''),
       CASE WHEN length(value) >= 6 AND get_byte(value, 0) = 0 THEN substr(value, 7) ELSE value END
  FROM calbus.dead_letter WHERE id = $1::bigint
