-- What the board has accepted, or is looking at, of a ticket chain. $1 repository  $2 ticket chain
SELECT coalesce(nullif(taxicab_ticket, ''), id), state, state IN ('ACCEPTED', 'DEPLOYING', 'DEPLOYED')
  FROM calbus.proposal
 WHERE repository = $1 AND ticket_chain = $2 AND kind = 'CERTIFICATION'
   AND state IN ('HAILED', 'FLAGGED', 'ACCEPTED', 'DEPLOYING', 'DEPLOYED')
 ORDER BY created_at
