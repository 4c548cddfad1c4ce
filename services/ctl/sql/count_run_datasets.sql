-- $1 names text[] of RUNs: how many datasets of each type are in them.
SELECT t.name, count(*) FROM dataset d JOIN dataset_type t ON t.id = d.dataset_type_id
JOIN collection c ON c.collection_id = d.run_id
WHERE c.name = ANY ($1::text[]) GROUP BY t.name ORDER BY t.name;
