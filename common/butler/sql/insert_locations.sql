-- $1 ids uuid[]. The name is literal: a repository may be moved.
INSERT INTO dataset_location (datastore_name, dataset_id)
SELECT 'FileDatastore@<butlerRoot>', i.id FROM unnest($1::uuid[]) i (id);
