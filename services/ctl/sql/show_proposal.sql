-- What a proposal holds. $1 proposal id
SELECT dataset_type, physical_filter, collection, datasets, verdict, tests, tests_failed, verify_run, ''
  FROM calbus.proposal_item
 WHERE proposal_id = $1
 UNION ALL
SELECT dataset_type, physical_filter, collection, datasets, '', 0, 0, '', what
  FROM calbus.proposed_change
 WHERE proposal_id = $1
 ORDER BY collection
