-- $1 run id  $2 verdict  $3 reason  $4-$7 tests total, passed, failed, no data  $8-$11 detectors likewise
-- $12 exposures  $13 vote (JSON)  $14 report
UPDATE calbus.verification
   SET state = CASE WHEN state = 'superseded' THEN state ELSE 'finished' END, verdict = $2, reason = $3, tests = $4,
       tests_passed = $5, tests_failed = $6, tests_no_data = $7, detectors = $8, detectors_passed = $9,
       detectors_failed = $10, detectors_no_data = $11, exposures = $12, vote = $13::jsonb, report = $14,
       finished_at = now()
 WHERE run_id = $1::uuid;
