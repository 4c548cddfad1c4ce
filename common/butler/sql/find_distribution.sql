-- $1 names text[] of chains: one that the suite has distributed, and the ticket it went with.
SELECT ticket_chain, ticket FROM calbus.distribution WHERE ticket_chain = ANY ($1::text[]) ORDER BY 1, 2 LIMIT 1;
