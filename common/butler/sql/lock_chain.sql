-- $1 name text. The butler's own lock on a chain that is about to change.
SELECT collection_id, type FROM collection WHERE name = $1 FOR UPDATE;
