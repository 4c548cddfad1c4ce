-- Failures for the report, the farthest beyond their limits first. $1 run id  $2 at most
SELECT t.exposure, t.detector, coalesce(f.detector_name, ''), t.amp, t.test, t.metric, t.unit, t.value, t.limit_value,
       count(*) OVER ()
  FROM calbus.verification_test t
  LEFT JOIN calbus.verification_frame f USING (run_id, exposure, detector)
 WHERE t.run_id = $1::uuid AND t.counts AND t.outcome = 'fail'
 ORDER BY abs(t.value - t.limit_value) / nullif(abs(t.limit_value), 0) DESC NULLS LAST, t.detector, t.amp, t.test,
          t.exposure
 LIMIT $2;
