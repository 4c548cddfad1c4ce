-- $1 collection ids bigint[]: of the RUNs among them, collection, dataset type, how many.
SELECT d.run_id, t.name, count(*) FROM dataset d JOIN dataset_type t ON t.id = d.dataset_type_id
WHERE d.run_id = ANY ($1::bigint[]) GROUP BY 1, 2 ORDER BY 1, 2;
