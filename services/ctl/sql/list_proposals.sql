-- The proposals, oldest first.
SELECT p.id, p.taxicab_ticket, p.ticket, p.instrument, p.state, p.kind,
              coalesce(c.dataset_type, string_agg(i.dataset_type, ', ' ORDER BY i.collection)), sum(i.tests_failed), p.proposed_by,
              p.decided_by, p.report
  FROM calbus.proposal AS p
  LEFT JOIN calbus.proposal_item AS i ON i.proposal_id = p.id
  LEFT JOIN calbus.proposed_change AS c ON c.proposal_id = p.id
  GROUP BY p.id, c.dataset_type
  ORDER BY p.created_at
