-- Proposals with how far they have come at each site, newest first.
SELECT p.state, p.taxicab_ticket, p.ticket_chain,
       (SELECT string_agg(f.site || ' ' || lower(f.state), ', ' ORDER BY f.site) FROM calbus.facility_deployment AS f
         WHERE f.proposal_id = p.id), p.decided_by
  FROM calbus.proposal AS p ORDER BY p.created_at DESC LIMIT 60
