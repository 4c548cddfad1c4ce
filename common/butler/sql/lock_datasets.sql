-- $1 ids uuid[]: lock them against certification and tagging; the types of those that are there, sorted.
SELECT t.name FROM dataset d JOIN dataset_type t ON t.id = d.dataset_type_id
WHERE d.id = ANY ($1::uuid[]) ORDER BY t.name, d.id FOR UPDATE OF d;
