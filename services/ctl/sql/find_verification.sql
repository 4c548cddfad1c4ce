-- The newest verification by its id, its RUN, the collection above it, or the RUN that it verifies. $1 name
SELECT v.run_id, v.kind, v.repository, v.instrument, v.calib_type, v.physical_filter, v.state, v.verdict, v.reason,
       v.tests, v.tests_passed, v.tests_failed, v.tests_no_data, v.detectors, v.detectors_passed, v.detectors_failed,
       v.detectors_no_data, v.exposures, v.generation_run, v.verify_run, v.day_obs, v.revision, v.report,
       v.vote::text
  FROM calbus.verification v LEFT JOIN calbus.run r ON r.id = v.run_id
 WHERE v.run_id::text = $1 OR v.verify_run = $1 OR r.output_collection = $1 OR v.generation_run = $1
    OR v.generation_run LIKE replace(replace(replace($1, '\', '\\'), '%', '\%'), '_', '\_') || '/%'
 ORDER BY v.created_at DESC LIMIT 1;
