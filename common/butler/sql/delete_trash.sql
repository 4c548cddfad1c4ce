-- $1 ids uuid[], $2 the datastore's name: delete their datastore records and their rows in the trash; the paths that were theirs.
WITH emptied AS (
    DELETE FROM dataset_location_trash
    WHERE datastore_name = $2::text AND dataset_id = ANY ($1::uuid[])
), gone AS (
    DELETE FROM file_datastore_records WHERE dataset_id = ANY ($1::uuid[]) RETURNING path
)
SELECT DISTINCT path FROM gone ORDER BY path;
