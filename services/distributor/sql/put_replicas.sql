-- Replicas to come, of every file of a rule's dataset. $1 rule  $2 storage elements
INSERT INTO calbus.replica AS p (rse, scope, name, bytes, adler32, md5, state, path)
SELECT t.rse, d.scope, d.name, d.bytes, d.adler32, d.md5, 'COPYING', d.scope || '/' || d.name
  FROM calbus.rule AS r
  JOIN calbus.content AS c ON c.scope = r.scope AND c.name = r.name
  JOIN calbus.did AS d ON d.scope = c.child_scope AND d.name = c.child_name
 CROSS JOIN unnest($2::text[]) AS t(rse)
 WHERE r.id = $1
 ORDER BY d.scope, d.name, t.rse
ON CONFLICT (scope, name, rse) DO UPDATE SET state = 'COPYING', updated_at = now()
 WHERE p.state IN ('UNAVAILABLE', 'BAD')
