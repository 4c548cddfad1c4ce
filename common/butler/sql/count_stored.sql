-- $1 ids uuid[]: how many of these datasets have files.
SELECT count(*) FROM dataset_location WHERE dataset_id = ANY ($1::uuid[]);
