-- $1 dataset ids uuid[]: the sizes of their files in the order given; an index look-up each, statistics or not.
SELECT f.file_size FROM unnest($1::uuid[]) WITH ORDINALITY i (id, n)
LEFT JOIN LATERAL (SELECT r.file_size FROM file_datastore_records r
                   WHERE r.dataset_id = i.id AND r.component = '__NULL_STRING__' OFFSET 0) f ON true
ORDER BY i.n;
