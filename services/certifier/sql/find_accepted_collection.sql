-- Has the board accepted a collection? $1 repository  $2 collection
SELECT p.id FROM calbus.proposal_item AS i JOIN calbus.proposal AS p ON p.id = i.proposal_id
 WHERE p.repository = $1 AND i.collection = $2 AND p.state IN ('ACCEPTED', 'DEPLOYING', 'DEPLOYED') LIMIT 1
