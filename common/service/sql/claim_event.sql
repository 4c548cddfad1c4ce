-- One row when the event is new to the group, none when it was handled.  $1 ce_time  $2 group  $3 ce_id
INSERT INTO calbus.inbox (day, consumer_group, ce_id)
VALUES (($1::timestamptz AT TIME ZONE 'UTC')::date, $2, $3::uuid) ON CONFLICT DO NOTHING RETURNING ce_id
