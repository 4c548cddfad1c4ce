-- list_runs: runs of the engine, newest first. $1 engine $2 instrument or '' $3 state or '' $4 ticket or '' $5 limit
SELECT id, name, instrument, dataset_type, physical_filter, state, succeeded + failed + skipped, quanta, output_run,
       to_char(requested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'), requested_by, error
  FROM calbus.run_progress
 WHERE engine = $1 AND ($2 = '' OR instrument = $2) AND ($3 = '' OR state = $3) AND ($4 = '' OR ticket = $4)
 ORDER BY requested_at DESC
 LIMIT $5::bigint
