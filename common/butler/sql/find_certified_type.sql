-- $1 collections bigint[], $2 dataset type: a row when one of the CALIBRATION collections may have it, by its summary.
SELECT FROM collection c JOIN collection_summary_dataset_type s USING (collection_id)
WHERE c.collection_id = ANY ($1::bigint[]) AND c.type = 4 AND s.dataset_type_id = $2 LIMIT 1;
