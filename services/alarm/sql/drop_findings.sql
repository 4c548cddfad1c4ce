-- A verification has been judged; leftovers of verifications that never finished go after a month. $1 run id
DELETE FROM calbus.alarm_finding WHERE run_id = $1 OR found_at < now() - interval '31 days'
