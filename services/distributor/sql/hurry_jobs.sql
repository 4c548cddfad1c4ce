-- What waits for its next attempt is tried now. $1 rule
UPDATE calbus.dist_job SET next_attempt = now()
 WHERE next_attempt > now()
   AND id IN (SELECT $1 UNION SELECT id FROM calbus.transfer WHERE rule_id = $1 AND state = 'QUEUED'
              UNION SELECT id FROM calbus.site_import WHERE rule_id = $1 AND state = 'PENDING'
              UNION SELECT id FROM calbus.site_range WHERE rule_id = $1 AND state = 'PENDING'
              UNION SELECT c.id FROM calbus.deployment_check AS c
                      JOIN calbus.distribution AS d USING (proposal_id) WHERE d.rule_id = $1)
