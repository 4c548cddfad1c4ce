-- $1 collection_id, $2 dataset_type_id.
INSERT INTO collection_summary_dataset_type (collection_id, dataset_type_id) VALUES ($1, $2) ON CONFLICT DO NOTHING;
