-- Put an event into the outbox. No row: an event of this ce_id is there already.
-- $1 ce_id  $2 type  $3 topic  $4 key  $5 slot  $6 source  $7 subject  $8 ce_time  $9 traceparent
-- $10 further headers (jsonb or NULL)  $11 value (bytea)
INSERT INTO calbus.outbox (day, ce_id, type, topic, key, slot, source, subject, ce_time, traceparent, headers, value)
SELECT ($8::timestamptz AT TIME ZONE 'UTC')::date, $1::uuid, $2, $3, $4, $5::smallint, $6, $7, $8::timestamptz, $9,
       $10::jsonb, $11::bytea
 WHERE NOT EXISTS (SELECT FROM calbus.outbox WHERE ce_id = $1::uuid)
RETURNING id
