-- Verify runs that people submitted: make them known once they have ended, by what they wrote.
-- The runs come first: looking into the quanta of all that are known already would take longer each day.
WITH unknown AS MATERIALIZED (
    SELECT r.id, r.repository, r.instrument, r.output_run
      FROM calbus.run r
     WHERE r.engine = 'verifier' AND r.kind <> 'daily' AND r.state IN ('succeeded', 'failed')
       AND NOT EXISTS (SELECT 1 FROM calbus.verification v WHERE v.run_id = r.id)
)
INSERT INTO calbus.verification (run_id, kind, repository, instrument, calib_type, physical_filter, generation_run,
                                 verify_run)
SELECT r.id, 'campaign', r.repository, r.instrument, t.calib_type,
       CASE WHEN t.calib_type = 'flat' THEN coalesce(t.physical_filter, '') ELSE '' END,
       coalesce((SELECT i.run FROM calbus.quantum_input i JOIN calbus.quantum q ON q.id = i.quantum_id
                  WHERE q.run_id = r.id AND i.dataset_type = t.calib_type
                  GROUP BY i.run ORDER BY count(*) DESC LIMIT 1), ''),
       r.output_run
  FROM unknown r
  JOIN LATERAL (SELECT lower(substring(o.dataset_type FROM '^verify(Bias|Dark|Flat)DetStats$')) AS calib_type,
                       max(o.physical_filter) AS physical_filter
                  FROM calbus.quantum q JOIN calbus.quantum_output o ON o.quantum_id = q.id
                 WHERE q.run_id = r.id AND o.dataset_type ~ '^verify(Bias|Dark|Flat)DetStats$'
                 GROUP BY 1 LIMIT 1) t ON true
ON CONFLICT DO NOTHING
RETURNING run_id;
