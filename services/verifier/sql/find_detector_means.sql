-- The detectors' means of each exposure of a flat. $1 run id
SELECT r.exposure, v.value FROM calbus.metric_record r JOIN calbus.metric_value v USING (sequence)
 WHERE r.run_id = $1::uuid AND v.name = 'MEAN' AND v.amp = '' ORDER BY r.exposure, r.detector;
