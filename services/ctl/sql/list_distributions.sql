-- What was distributed, newest first.
SELECT r.id, r.scope || ':' || r.name, d.instrument, d.ticket, d.ticket_chain, d.proposal_id, n.length, n.bytes, r.state,
       (SELECT count(*) FROM calbus.site_import AS i WHERE i.rule_id = r.id AND i.state = 'IMPORTED'),
       (SELECT count(*) FROM calbus.site_import AS i WHERE i.rule_id = r.id),
       (SELECT count(*) FROM calbus.site_range AS s WHERE s.rule_id = r.id AND s.state = 'APPLIED'),
       (SELECT count(*) FROM calbus.site_range AS s WHERE s.rule_id = r.id),
       (SELECT count(*) FROM calbus.deployment_check AS c WHERE c.proposal_id = d.proposal_id AND c.verdict = 'PASS'),
       (SELECT count(*) FROM calbus.deployment_check AS c WHERE c.proposal_id = d.proposal_id),
       to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
  FROM calbus.rule AS r
  JOIN calbus.did AS n USING (scope, name)
  LEFT JOIN calbus.distribution AS d ON d.rule_id = r.id
 ORDER BY r.created_at DESC
