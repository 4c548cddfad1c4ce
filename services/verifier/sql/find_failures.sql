-- Failures of one test of a detector, the farthest beyond its limit first. $1 run id  $2 detector  $3 test  $4 at most
SELECT exposure, amp, metric, value, limit_value, unit FROM calbus.verification_test
 WHERE run_id = $1::uuid AND detector = $2 AND test = $3 AND counts AND outcome = 'fail'
 ORDER BY abs(value - limit_value) / nullif(abs(limit_value), 0) DESC NULLS FIRST, exposure, amp LIMIT $4;
