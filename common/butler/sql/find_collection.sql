-- $1 name text.
SELECT collection_id, name, type, doc FROM collection WHERE name = $1;
