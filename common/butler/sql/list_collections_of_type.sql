-- $1 dataset_type_id: collections that have held datasets of the type.
SELECT collection_id FROM collection_summary_dataset_type WHERE dataset_type_id = $1;
