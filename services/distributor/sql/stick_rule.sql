-- $1 rule  $2 why
UPDATE calbus.rule
   SET state = CASE WHEN state = 'INJECT' THEN 'STUCK' ELSE state END, error = left($2, 245),
       stuck_at = coalesce(stuck_at, now()), updated_at = now()
 WHERE id = $1
