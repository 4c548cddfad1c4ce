-- The newest accepted proposal that put a ticket chain, or a collection of it, on its way. $1 ticket chain or collection
SELECT id FROM calbus.proposal AS p
 WHERE (ticket_chain = $1 OR EXISTS (SELECT FROM calbus.proposal_item AS i WHERE i.proposal_id = p.id AND i.collection = $1))
   AND kind = 'CERTIFICATION' AND state IN ('ACCEPTED', 'DEPLOYING', 'DEPLOYED')
 ORDER BY created_at DESC LIMIT 1
