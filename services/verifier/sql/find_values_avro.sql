-- The metrics of a record, and how many amplifiers failed each test. $1 sequence
SELECT name, amp, value FROM calbus.metric_value WHERE sequence = $1
UNION ALL
SELECT 'FAIL_' || t.test, '', count(*)
  FROM calbus.metric_record m
  JOIN calbus.verification_test t ON t.run_id = m.run_id AND t.exposure = m.exposure AND t.detector = m.detector
 WHERE m.sequence = $1 AND t.outcome = 'fail' GROUP BY t.test;
