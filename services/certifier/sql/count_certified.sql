-- How much was certified here on a ticket chain. $1 ticket chain
SELECT count(*) FROM calbus.certification WHERE ticket_chain = $1
