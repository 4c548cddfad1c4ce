-- Stuck locks of a rule wait for a transfer again; its replicas are to come. $1 rule
WITH replicas AS (
    UPDATE calbus.replica AS p SET state = 'COPYING', updated_at = now()
      FROM calbus.lock AS l
     WHERE l.rule_id = $1 AND l.state = 'STUCK' AND (p.scope, p.name, p.rse) = (l.scope, l.name, l.rse)
       AND p.state IN ('UNAVAILABLE', 'BAD'))
UPDATE calbus.lock SET state = 'REPLICATING', repair_count = repair_count + 1, updated_at = now()
 WHERE rule_id = $1 AND state = 'STUCK'
