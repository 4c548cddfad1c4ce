-- $1 ids uuid[], $2 dataset_type_id, $3 ingest_date TAI ns, $4 run_id.
INSERT INTO dataset (id, dataset_type_id, ingest_date, run_id)
SELECT i.id, $2::bigint, $3::bigint, $4::bigint FROM unnest($1::uuid[]) i (id);
