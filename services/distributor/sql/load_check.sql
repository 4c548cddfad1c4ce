-- A check that is to be made. $1 check
SELECT c.proposal_id, c.site, c.repository, c.instrument, c.parent, c.ticket_chain, p.ticket
  FROM calbus.deployment_check AS c JOIN calbus.proposal AS p ON p.id = c.proposal_id
 WHERE c.id = $1 AND c.verdict = 'PENDING'
