-- Every file of a rule at every storage element. $1 rule
SELECT l.scope, l.name, l.rse, l.state, p.state, p.bytes, p.adler32, p.md5, e.folder || '/' || p.path,
       coalesce(t.attempts, 0), coalesce(t.error, '')
  FROM calbus.lock AS l
  JOIN calbus.replica AS p USING (scope, name, rse)
  JOIN calbus.rse AS e ON e.name = l.rse
  LEFT JOIN LATERAL (SELECT t.attempts, CASE WHEN t.state = 'DONE' THEN '' ELSE t.error END AS error
                       FROM calbus.transfer AS t
                      WHERE t.scope = l.scope AND t.name = l.name AND t.destination_rse = l.rse
                      ORDER BY t.created_at DESC LIMIT 1) AS t ON true
 WHERE l.rule_id = $1 ORDER BY l.name, l.rse
