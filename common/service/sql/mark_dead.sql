-- Mark an event as one that the group could not handle.  $1 ce_time  $2 group  $3 ce_id
INSERT INTO calbus.inbox (day, consumer_group, ce_id, outcome)
VALUES (($1::timestamptz AT TIME ZONE 'UTC')::date, $2, $3::uuid, 'dead') ON CONFLICT DO NOTHING RETURNING ce_id
