-- $1 ids uuid[]: delete their datastore records; the paths that no other dataset names.
WITH gone AS (
    DELETE FROM file_datastore_records WHERE dataset_id = ANY ($1::uuid[]) RETURNING path
)
SELECT DISTINCT g.path FROM gone g
WHERE NOT EXISTS (SELECT FROM file_datastore_records f WHERE f.path = g.path AND NOT f.dataset_id = ANY ($1::uuid[]));
