-- What a proposal that was accepted had waiting: it joins the ticket's chain, in the order of certification. $1 proposal
WITH ended AS (
UPDATE calbus.certification AS c SET awaits_consent = false
  FROM calbus.proposal_item AS i JOIN calbus.proposal AS p ON p.id = i.proposal_id
 WHERE i.proposal_id = $1 AND c.repository = p.repository AND c.collection = i.collection AND c.awaits_consent
RETURNING c.collection, c.certified_at)
SELECT collection FROM ended GROUP BY collection ORDER BY min(certified_at)
