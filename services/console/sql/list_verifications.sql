-- The latest verifications.
SELECT verdict, kind, calib_type, physical_filter, tests_passed, tests, coalesce(nullif(verify_run, ''), reason), report
  FROM calbus.verification WHERE state = 'finished' ORDER BY finished_at DESC LIMIT 60
