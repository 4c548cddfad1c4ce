-- The newest proposal whose ticket chain this is and that was accepted. $1 ticket chain  $2 instrument
SELECT id FROM calbus.proposal
 WHERE ticket_chain = $1 AND instrument = $2 AND kind = 'CERTIFICATION' AND state IN ('ACCEPTED', 'DEPLOYING', 'DEPLOYED')
 ORDER BY created_at DESC LIMIT 1
