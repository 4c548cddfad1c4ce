-- find_earlier_run: what was asked for below the same output and has not failed. $1 repository $2 output collection
SELECT output_run, state
  FROM calbus.run
 WHERE repository = $1 AND output_collection = $2 AND state NOT IN ('failed', 'cancelled')
 ORDER BY requested_at DESC
 LIMIT 1
