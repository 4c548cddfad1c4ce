-- What failed on one detector so far. $1 run id  $2 detector
SELECT string_agg(reason, '; ' ORDER BY test) FROM calbus.alarm_finding WHERE run_id = $1 AND detector = $2::integer
