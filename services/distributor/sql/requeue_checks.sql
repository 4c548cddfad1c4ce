-- Checks that did not pass. $1 rule
WITH again AS (
    UPDATE calbus.deployment_check AS c SET verdict = 'PENDING'
      FROM calbus.distribution AS d
     WHERE d.rule_id = $1 AND c.proposal_id = d.proposal_id AND c.verdict IN ('FAIL', 'NO_DATA') RETURNING c.id)
INSERT INTO calbus.dist_job (id, kind) SELECT id, 'CHECK' FROM again ON CONFLICT (id) DO NOTHING
