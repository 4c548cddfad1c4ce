-- What failed: a row per (detector, test). $1 run id
SELECT t.detector, t.test, count(*), coalesce(max(f.detector_name), '')
  FROM calbus.verification_test t
  LEFT JOIN calbus.verification_frame f USING (run_id, exposure, detector)
 WHERE t.run_id = $1::uuid AND t.counts AND t.outcome = 'fail' AND t.detector >= 0
 GROUP BY t.detector, t.test ORDER BY t.detector, t.test;
