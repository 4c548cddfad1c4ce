-- start_run: a run is planned. $1 id $2 quanta $3 instrument $4 dataset_type $5 physical_filter
UPDATE calbus.run
   SET state = 'running', started_at = now(), quanta = $2::int, instrument = $3, dataset_type = $4, physical_filter = $5
 WHERE id = $1::uuid
