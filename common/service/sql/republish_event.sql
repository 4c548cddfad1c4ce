-- Let the relay publish an event again.  $1 ce_id
WITH again AS (
    UPDATE calbus.outbox SET published = NULL, incarnation = NULL, log_partition = NULL, log_offset = NULL, settled = false
    WHERE ce_id = $1::uuid RETURNING id)
SELECT id, pg_notify('calbus_outbox', '') FROM again
