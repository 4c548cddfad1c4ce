-- A group says which types it must handle; events of a type that is new to it have to be looked at again.
-- $1 group  $2 types (text[])
WITH gone AS (DELETE FROM calbus.subscription WHERE consumer_group = $1 AND type <> ALL ($2::text[])),
     new AS (INSERT INTO calbus.subscription (consumer_group, type) SELECT $1, unnest($2::text[])
             ON CONFLICT DO NOTHING RETURNING type)
UPDATE calbus.outbox SET settled = false WHERE settled AND type IN (SELECT type FROM new)
