-- All that is certified on the proposal's ticket chain, each with its latest verification. $1 proposal id
-- $2 repository  $3 ticket chain
INSERT INTO calbus.proposal_item (proposal_id, request_id, dataset_type, physical_filter, generation_run, verify_run,
                                  collection, datasets, tests, tests_failed, tests_no_data, verdict)
SELECT DISTINCT ON (c.collection) $1, c.request_id, c.dataset_type, c.physical_filter, c.generation_run,
       coalesce(v.verify_run, ''), c.collection, c.datasets, coalesce(v.tests, 0), coalesce(v.tests_failed, 0),
       coalesce(v.tests_no_data, 0), coalesce(v.verdict, 'NO_DATA')
  FROM calbus.certification AS c
  LEFT JOIN calbus.verified_run AS v
    ON v.repository = c.repository
   AND (v.generation_run = c.generation_run OR left(v.generation_run, length(c.generation_run) + 1) = c.generation_run || '/')
 WHERE c.repository = $2 AND c.ticket_chain = $3
 ORDER BY c.collection, c.certified_at DESC, v.verified_at DESC
RETURNING collection, verdict, tests, tests_failed, tests_no_data
