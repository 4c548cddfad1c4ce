-- A new proposal. $1 id $2 repository $3 instrument $4 ticket $5 taxicab ticket $6 deployment ticket $7 label $8 title
-- $9 ticket chain $10 state $11 report $12 by $13 kind
INSERT INTO calbus.proposal (id, repository, instrument, ticket, taxicab_ticket, deployment_ticket, label, title,
                             ticket_chain, state, sequence, report, proposed_by, kind)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, $13)
