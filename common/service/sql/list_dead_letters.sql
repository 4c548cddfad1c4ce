-- $1 state or NULL  $2 limit  $3 id or NULL
SELECT id, service, consumer_group, topic, key, coalesce(ce_id::text, ''), type, kind, error, state,
       to_char(created AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), log_partition, log_offset,
       headers::text, encode(value, 'hex')
FROM calbus.dead_letter
WHERE ($1::text IS NULL OR state = $1) AND ($3::bigint IS NULL OR id = $3::bigint)
ORDER BY id DESC LIMIT $2::bigint
