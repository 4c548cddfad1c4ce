-- Close an open dead letter.  $1 id  $2 state  $3 who
UPDATE calbus.dead_letter SET state = $2, decided = now(), decided_by = $3
WHERE id = $1::bigint AND state = 'open'
RETURNING ce_id, consumer_group, day
