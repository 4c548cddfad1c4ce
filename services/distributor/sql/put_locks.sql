-- Locks on the replicas of every file of a rule's dataset. $1 rule  $2 storage elements
INSERT INTO calbus.lock (rule_id, scope, name, rse, state)
SELECT r.id, p.scope, p.name, p.rse, CASE p.state WHEN 'AVAILABLE' THEN 'OK' ELSE 'REPLICATING' END
  FROM calbus.rule AS r
  JOIN calbus.content AS c ON c.scope = r.scope AND c.name = r.name
  JOIN calbus.replica AS p ON p.scope = c.child_scope AND p.name = c.child_name AND p.rse = ANY ($2::text[])
 WHERE r.id = $1
ON CONFLICT DO NOTHING
