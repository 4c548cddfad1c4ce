-- The latest verification of a generation run.
-- $1 repository $2 generation run $3 run id $4 verify run $5 type $6 filter $7 verdict $8 tests $9 passed $10 failed
-- $11 no data $12 report
INSERT INTO calbus.verified_run (repository, generation_run, run_id, verify_run, calib_type, physical_filter, verdict,
                                 tests, tests_passed, tests_failed, tests_no_data, report)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::integer, $9::integer, $10::integer, $11::integer, $12)
ON CONFLICT (repository, generation_run) DO UPDATE
   SET run_id = EXCLUDED.run_id, verify_run = EXCLUDED.verify_run, verdict = EXCLUDED.verdict, tests = EXCLUDED.tests,
       tests_passed = EXCLUDED.tests_passed, tests_failed = EXCLUDED.tests_failed,
       tests_no_data = EXCLUDED.tests_no_data, report = EXCLUDED.report, verified_at = now()
