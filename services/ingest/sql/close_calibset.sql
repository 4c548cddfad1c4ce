-- $1 set  $2 revision  $3 complete
UPDATE calbus.calibset SET state = 'closed', revision = $2::integer, complete = $3::boolean, closed_at = now()
 WHERE set_id = $1
