-- find_run: how a run stands, by id, RUN or the newest below a CHAINED collection. $1 name
SELECT state, error, quanta, succeeded + failed + skipped, failed, id, engine, kind, repository, instrument, name,
       ticket, dataset_type, physical_filter, output_run, output_collection, data_query,
       coalesce((SELECT r.options ->> 'verify_where' FROM calbus.run r WHERE r.id = p.id), ''),
       array_to_string(inputs, ', '), requested_by, requested_at, started_at, ended_at
  FROM calbus.run_progress p
 WHERE id::text = $1 OR output_run = $1 OR output_collection = $1
 ORDER BY requested_at DESC
 LIMIT 1
