-- load_run: one run. $1 id, or NULL with $2 output_run (the newest of that name)
SELECT id, engine, kind, state, repository, instrument, name, ticket, pipeline, array_to_string(inputs, ','),
       data_query, output_run, output_collection, dataset_type, physical_filter, options, requested_by, error
  FROM calbus.run
 WHERE id = $1::uuid OR ($1::uuid IS NULL AND output_run = $2)
 ORDER BY requested_at DESC
 LIMIT 1
