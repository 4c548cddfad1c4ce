-- Let the relay publish an event again.  $1 ce_id
UPDATE calbus.outbox SET published = NULL, incarnation = NULL, log_partition = NULL, log_offset = NULL, settled = false
 WHERE ce_id = $1::uuid RETURNING id
