-- A proposal, locked until the transaction ends. $1 id, or the start of one, or its TAXICAB or construction ticket
SELECT id, state, sequence, repository, instrument, ticket, taxicab_ticket, ticket_chain, label, proposed_by
  FROM calbus.proposal
 WHERE id = $1
 FOR UPDATE
