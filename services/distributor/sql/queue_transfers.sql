-- A transfer for each file that a rule waits for and that nobody carries yet. $1 rule
WITH queued AS (
    INSERT INTO calbus.transfer (id, rule_id, scope, name, bytes, destination_rse)
    SELECT gen_random_uuid()::text, l.rule_id, l.scope, l.name, p.bytes, l.rse
      FROM calbus.lock AS l JOIN calbus.replica AS p USING (scope, name, rse)
     WHERE l.rule_id = $1 AND l.state = 'REPLICATING'
     ORDER BY l.scope, l.name, l.rse
    ON CONFLICT (scope, name, destination_rse) WHERE state = 'QUEUED' DO NOTHING
    RETURNING id)
INSERT INTO calbus.dist_job (id, kind) SELECT id, 'TRANSFER' FROM queued
