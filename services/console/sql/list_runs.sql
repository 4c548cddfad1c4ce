-- Runs of pipelines, newest first.
SELECT state, output_run, succeeded, quanta, error FROM calbus.run_progress ORDER BY requested_at DESC LIMIT 60
