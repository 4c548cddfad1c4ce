-- What failed in a verification. $1 run id  $2 detector or -1 for all  $3 at most
SELECT t.detector, coalesce(f.detector_name, ''), t.amp, t.test, t.exposure, t.metric, t.outcome, t.value, t.limit_value,
       t.unit
  FROM calbus.verification_test t
  LEFT JOIN calbus.verification_frame f USING (run_id, exposure, detector)
 WHERE t.run_id = $1::uuid AND t.counts AND t.outcome <> 'pass' AND ($2 = -1 OR t.detector = $2)
 ORDER BY t.detector, t.amp, t.test, t.exposure LIMIT $3;
