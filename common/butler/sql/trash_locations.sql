-- $1 ids uuid[]: what is stored of these datasets is to go. As the stock butler does it.
WITH gone AS (
    DELETE FROM dataset_location WHERE dataset_id = ANY ($1::uuid[]) RETURNING dataset_id, datastore_name
)
INSERT INTO dataset_location_trash (dataset_id, datastore_name)
SELECT dataset_id, datastore_name FROM gone ON CONFLICT DO NOTHING;
