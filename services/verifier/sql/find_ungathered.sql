-- Detector statistics of a run that are written and not yet gathered.
-- $1 run id  $2 at most
SELECT o.dataset_id, coalesce(o.exposure, q.exposures[1]), coalesce(o.detector, q.detector)
  FROM calbus.quantum q JOIN calbus.quantum_output o ON o.quantum_id = q.id
 WHERE q.run_id = $1::uuid AND o.written AND o.dataset_type ~ '^verify(Bias|Dark|Flat)DetStats$'
   AND NOT EXISTS (SELECT 1 FROM calbus.verification_frame f
                    WHERE f.run_id = q.run_id AND f.exposure = coalesce(o.exposure, q.exposures[1])
                      AND f.detector = coalesce(o.detector, q.detector))
 ORDER BY 2, 3 LIMIT $2;
