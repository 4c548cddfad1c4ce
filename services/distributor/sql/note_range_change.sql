-- Ranges of a distribution have changed. $1 rule  $2 collection  $3 dataset type  $4 proposal, "" for none
INSERT INTO calbus.range_change AS c (rule_id, collection, dataset_type, proposals)
VALUES ($1, $2, $3, array_remove(ARRAY[$4], ''))
ON CONFLICT (rule_id, collection, dataset_type) DO UPDATE
   SET proposals = array_remove(c.proposals, $4) || EXCLUDED.proposals, changed_at = now()
