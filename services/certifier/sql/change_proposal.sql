-- A proposal's new state. $1 id  $2 state  $3 true: a decision  $4 actor
UPDATE calbus.proposal
   SET state = $2, sequence = sequence + 1, decided_by = CASE WHEN $3::boolean THEN $4 ELSE decided_by END,
       decided_at = CASE WHEN $3::boolean THEN now() ELSE decided_at END
 WHERE id = $1
RETURNING sequence
