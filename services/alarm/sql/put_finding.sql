-- A failed test, kept until its verification has finished. $1 run id  $2 detector  $3 test  $4 reason
INSERT INTO calbus.alarm_finding (run_id, detector, test, reason) VALUES ($1, $2::integer, $3, $4)
ON CONFLICT (run_id, detector, test) DO UPDATE SET reason = EXCLUDED.reason
