-- A proposal, locked until the transaction ends. $1 id, or the start of one, or its TAXICAB or construction ticket
SELECT id, state, sequence, repository, instrument, ticket, taxicab_ticket, ticket_chain, label, kind
  FROM calbus.proposal
 WHERE id = $1
 FOR UPDATE
