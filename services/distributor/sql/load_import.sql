-- An import that is to be done. $1 import
SELECT i.rule_id, i.site, i.repository, d.instrument, d.proposal_id, d.ticket_chain,
       e.folder || '/' || r.scope, e.folder || '/' || r.scope || '/' || r.name || '/export.yaml'
  FROM calbus.site_import AS i
  JOIN calbus.distribution AS d USING (rule_id)
  JOIN calbus.rule AS r ON r.id = i.rule_id
  JOIN LATERAL (SELECT e.folder FROM calbus.rse AS e JOIN calbus.lock AS l ON l.rse = e.name AND l.rule_id = i.rule_id
                 WHERE e.site = i.site LIMIT 1) AS e ON true
 WHERE i.id = $1 AND i.state = 'PENDING'
