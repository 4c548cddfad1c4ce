-- Proposals, those of ranges with what they change, with how far they have come at each site, newest first.
SELECT p.state, p.taxicab_ticket, coalesce(c.collection || ': ' || c.what, p.ticket_chain),
       (SELECT string_agg(f.site || ' ' || lower(f.state), ', ' ORDER BY f.site) FROM calbus.facility_deployment AS f
         WHERE f.proposal_id = p.id), p.decided_by
  FROM calbus.proposal AS p LEFT JOIN calbus.proposed_change AS c ON c.proposal_id = p.id ORDER BY p.created_at DESC LIMIT 60
