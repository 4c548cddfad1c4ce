-- The newest accepted proposal that put a ticket chain on its way. $1 ticket chain
SELECT id FROM calbus.proposal
 WHERE ticket_chain = $1 AND kind = 'CERTIFICATION' AND state IN ('ACCEPTED', 'DEPLOYING', 'DEPLOYED') ORDER BY created_at DESC LIMIT 1
