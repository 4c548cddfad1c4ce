-- What has been thrown away, each row locked; who comes second waits and then finds nothing.
SELECT dataset_id FROM dataset_location_trash WHERE datastore_name = 'FileDatastore@<butlerRoot>'
ORDER BY dataset_id FOR UPDATE;
