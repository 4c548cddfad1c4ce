-- A row when the number is newer than what the group has applied.  $1 group  $2 entity  $3 number
INSERT INTO calbus.sequence_applied AS a (consumer_group, entity, value) VALUES ($1, $2, $3::bigint)
ON CONFLICT (consumer_group, entity) DO UPDATE SET value = excluded.value WHERE a.value < excluded.value
RETURNING value
