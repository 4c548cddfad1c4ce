-- $1 ids uuid[], $2 paths text[], $3 formatters text[], $4 storage class text, $5 file sizes bigint[],
-- $6 checksums text[].
INSERT INTO file_datastore_records (dataset_id, path, formatter, storage_class, component, checksum, file_size)
SELECT i.id, i.path, i.formatter, $4, '__NULL_STRING__', i.checksum, i.size
FROM unnest($1::uuid[], $2::text[], $3::text[], $5::bigint[], $6::text[]) i (id, path, formatter, size, checksum);
