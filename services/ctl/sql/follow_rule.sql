-- How far a distribution is. $1 rule
SELECT r.state, r.locks_ok, r.locks_ok + r.locks_replicating + r.locks_stuck, r.error, r.locks_stuck,
       (SELECT count(*) FROM calbus.site_import AS i WHERE i.rule_id = r.id AND i.state = 'IMPORTED'),
       (SELECT count(*) FROM calbus.site_import AS i WHERE i.rule_id = r.id),
       (SELECT count(*) FROM calbus.site_import AS i WHERE i.rule_id = r.id AND i.state IN ('FAILED', 'CANCELLED'))
       + (SELECT count(*) FROM calbus.site_range AS s WHERE s.rule_id = r.id AND s.state = 'FAILED'),
       (SELECT count(*) FROM calbus.deployment_check AS c JOIN calbus.distribution AS d USING (proposal_id)
         WHERE d.rule_id = r.id AND c.verdict = 'PASS'),
       (SELECT count(*) FROM calbus.deployment_check AS c JOIN calbus.distribution AS d USING (proposal_id)
         WHERE d.rule_id = r.id),
       (SELECT count(*) FROM calbus.deployment_check AS c JOIN calbus.distribution AS d USING (proposal_id)
         WHERE d.rule_id = r.id AND c.verdict IN ('FAIL', 'NO_DATA')), r.name,
       -- changed ranges that the sites have yet to follow, or the distributor to hear of
       (SELECT count(*) FROM calbus.site_range AS s WHERE s.rule_id = r.id AND s.state = 'PENDING')
       + (SELECT count(*) FROM calbus.proposal AS p JOIN calbus.distribution AS d USING (repository, ticket_chain)
           WHERE d.rule_id = r.id AND p.kind = 'RANGE' AND p.state IN ('ACCEPTED', 'DEPLOYING'))
  FROM calbus.rule AS r WHERE r.id = $1
