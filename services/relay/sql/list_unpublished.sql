-- Events to publish, in order.  $1 slots (smallint[])  $2 limit
SELECT day, id, ce_id, type, topic, key, source, subject,
       to_char(ce_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), traceparent, headers IS NOT NULL,
       encode(value, 'hex')
FROM calbus.outbox
WHERE published IS NULL AND slot = ANY ($1::smallint[])
ORDER BY id LIMIT $2::bigint
