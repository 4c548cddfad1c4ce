-- The proposals, oldest first.
SELECT p.id, p.taxicab_ticket, p.ticket, p.instrument, p.state, 
              string_agg(i.dataset_type, ', ' ORDER BY i.collection), sum(i.tests_failed), p.proposed_by,
              p.decided_by, p.report
  FROM calbus.proposal AS p
  LEFT JOIN calbus.proposal_item AS i ON i.proposal_id = p.id
  GROUP BY p.id
  ORDER BY p.created_at
