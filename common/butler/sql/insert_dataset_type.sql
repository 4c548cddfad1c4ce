-- $1 name, $2 storage_class, $3 dimensions_key, $4 tags table, $5 calibs table or NULL. One row when it is new.
INSERT INTO dataset_type (id, name, storage_class, dimensions_key, tag_association_table, calibration_association_table)
VALUES (nextval('dataset_type_seq_id'), $1, $2, $3::bigint, $4, $5)
ON CONFLICT DO NOTHING RETURNING id;
