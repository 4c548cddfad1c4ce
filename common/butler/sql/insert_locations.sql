-- $1 ids uuid[], $2 the datastore's name, with <butlerRoot> in it: a repository may be moved.
INSERT INTO dataset_location (datastore_name, dataset_id)
SELECT $2::text, i.id FROM unnest($1::uuid[]) i (id);
