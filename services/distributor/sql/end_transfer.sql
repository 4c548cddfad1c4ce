-- A transfer has ended, with every lock on its file at that storage element.
-- $1 transfer  $2 its state  $3 state of the locks  $4 state of the replica  $5 error  $6 source
WITH ended AS (
    UPDATE calbus.transfer SET state = $2, error = $5, source_rse = $6, finished_at = now() WHERE id = $1
    RETURNING scope, name, destination_rse AS rse),
     replicas AS (
    UPDATE calbus.replica AS p SET state = $4, updated_at = now()
      FROM ended AS e WHERE (p.scope, p.name, p.rse) = (e.scope, e.name, e.rse))
UPDATE calbus.lock AS l SET state = $3, updated_at = now()
  FROM ended AS e WHERE (l.scope, l.name, l.rse) = (e.scope, e.name, e.rse) AND l.state <> $3
