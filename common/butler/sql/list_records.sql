-- $1 ids uuid[]: what the datastore records of them, each with its place from 1; component NULL for a whole dataset.
SELECT i.n, nullif(f.component, '__NULL_STRING__'), f.checksum
FROM unnest($1::uuid[]) WITH ORDINALITY i (id, n) JOIN file_datastore_records f ON f.dataset_id = i.id ORDER BY i.n;
