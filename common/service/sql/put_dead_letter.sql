-- A message that could not be handled.
-- $1 service  $2 group  $3 topic  $4 partition  $5 offset  $6 key  $7 ce_id or NULL  $8 ce_time or NULL  $9 type
-- $10 headers (jsonb)  $11 value (bytea)  $12 kind of error  $13 error
INSERT INTO calbus.dead_letter (service, consumer_group, topic, log_partition, log_offset, key, ce_id, day, type, headers,
                                value, kind, error)
VALUES ($1, $2, $3, $4::integer, $5::bigint, $6, $7::uuid, ($8::timestamptz AT TIME ZONE 'UTC')::date, $9, $10::jsonb,
        $11::bytea, $12, $13)
