-- The board's word on an instrument's ticket chains, newest first; a chain that was never put before it has no state.
-- $1 instrument
SELECT chain, ticket, state FROM (
    SELECT ticket_chain AS chain, coalesce(nullif(taxicab_ticket, ''), id) AS ticket, state, created_at
      FROM calbus.proposal WHERE instrument = $1 AND kind = 'CERTIFICATION'
     UNION ALL
    SELECT ticket_chain, '', '', '-infinity' FROM calbus.certification WHERE instrument = $1 GROUP BY ticket_chain) AS told
 ORDER BY created_at DESC
