-- Verifications, newest first. $1 instrument or ''  $2 type or ''  $3 kind or ''  $4 day_obs or 0  $5 at most
SELECT v.run_id, v.kind, v.instrument, v.calib_type, v.physical_filter, v.state, v.verdict, v.tests_passed, v.tests,
       v.tests_failed, v.tests_no_data, v.detectors_passed, v.detectors, v.day_obs, v.verify_run,
       to_char(v.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'), v.report
  FROM calbus.verification v
 WHERE ($1 = '' OR v.instrument = $1) AND ($2 = '' OR v.calib_type = $2) AND ($3 = '' OR v.kind = $3)
   AND ($4 = 0 OR v.day_obs = $4)
 ORDER BY v.created_at DESC, v.run_id LIMIT $5;
