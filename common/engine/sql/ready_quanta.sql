-- ready_quanta: those that waited for $1 wait for one less.
UPDATE calbus.quantum q
   SET waits_for = q.waits_for - 1,
       state = CASE WHEN q.waits_for = 1 AND q.state = 'waiting' THEN 'ready' ELSE q.state END
  FROM calbus.quantum_needs n
 WHERE n.needs_id = $1::uuid AND q.id = n.quantum_id
RETURNING q.id, q.state
