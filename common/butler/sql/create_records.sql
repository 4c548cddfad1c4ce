-- What the first writer with a datastore adds to a repository: the table of stored files, known by name.
LOCK TABLE opaque_meta IN EXCLUSIVE MODE;
CREATE TABLE IF NOT EXISTS file_datastore_records (
    dataset_id uuid NOT NULL,
    path text NOT NULL,
    formatter text NOT NULL,
    storage_class text NOT NULL,
    component character varying(32) NOT NULL,
    checksum text,
    file_size bigint,
    CONSTRAINT file_datastore_records_pkey PRIMARY KEY (dataset_id, component)
);
CREATE INDEX IF NOT EXISTS file_datastore_records_idx_path ON file_datastore_records USING btree (path);
INSERT INTO opaque_meta VALUES ('file_datastore_records') ON CONFLICT DO NOTHING;
