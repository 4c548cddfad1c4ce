-- skip_quanta: those that wait for $1, over any number of steps, cannot be done.
WITH RECURSIVE hopeless(id) AS (
    SELECT quantum_id FROM calbus.quantum_needs WHERE needs_id = $1::uuid
    UNION
    SELECT n.quantum_id FROM calbus.quantum_needs n JOIN hopeless h ON n.needs_id = h.id
)
UPDATE calbus.quantum
   SET state = 'skipped', ended_at = now(), error = 'what it needs was not made'
 WHERE id IN (SELECT id FROM hopeless) AND state = 'waiting'
