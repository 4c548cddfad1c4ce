-- What has been thrown away of the datastore $1, each row locked; who comes second waits and then finds nothing.
SELECT dataset_id FROM dataset_location_trash WHERE datastore_name = $1::text
ORDER BY dataset_id FOR UPDATE;
