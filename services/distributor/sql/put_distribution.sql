-- What a rule distributes. $1 rule $2 proposal $3 repository $4 instrument $5 ticket $6 label $7 ticket chain $8 source
INSERT INTO calbus.distribution (rule_id, proposal_id, repository, instrument, ticket, label, ticket_chain, source_rse)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
