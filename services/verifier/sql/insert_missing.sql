-- Frames that should be there and are not: planned ones that failed, and detectors that other exposures have.
-- $1 run id
WITH planned AS (
    SELECT DISTINCT e AS exposure, q.detector::integer AS detector
      FROM calbus.quantum q JOIN calbus.quantum_output o ON o.quantum_id = q.id, unnest(q.exposures) AS e
     WHERE q.run_id = $1::uuid AND q.detector IS NOT NULL AND o.dataset_type ~ '^verify(Bias|Dark|Flat)DetStats$'
), wanted AS (
    SELECT e.exposure, d.detector FROM (SELECT DISTINCT exposure FROM planned) e, (SELECT DISTINCT detector FROM planned) d
)
INSERT INTO calbus.verification_test (run_id, exposure, detector, amp, test, metric, unit, outcome, counts)
SELECT $1::uuid, w.exposure, w.detector, '', 'PROCESSING', 'FRAME', '', 'no_data', true
  FROM wanted w
 WHERE NOT EXISTS (SELECT 1 FROM calbus.verification_frame f
                    WHERE f.run_id = $1::uuid AND f.exposure = w.exposure AND f.detector = w.detector)
ON CONFLICT DO NOTHING;
