-- How much was certified here on a ticket chain, or in a collection. $1 ticket chain or collection
SELECT count(*) FROM calbus.certification WHERE ticket_chain = $1 OR collection = $1
