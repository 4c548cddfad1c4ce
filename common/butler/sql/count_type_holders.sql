-- $1 collections bigint[], $2 dataset type: how many of them hold the type.
SELECT count(*) FROM collection_summary_dataset_type WHERE collection_id = ANY ($1::bigint[]) AND dataset_type_id = $2;
