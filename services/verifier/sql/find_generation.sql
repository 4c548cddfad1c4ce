-- The exposures and detectors that a generation run used, and on what its submitter wants it verified (a where-
-- expression, '' when nobody said). $1 run id uuid
SELECT coalesce((SELECT string_agg(DISTINCT coalesce(i.exposure, e)::text, ',')
                   FROM calbus.quantum q JOIN calbus.quantum_input i ON i.quantum_id = q.id
                   LEFT JOIN LATERAL unnest(q.exposures) AS e ON i.exposure IS NULL
                  WHERE q.run_id = $1::uuid AND i.dataset_type = 'raw' AND coalesce(i.exposure, e) IS NOT NULL), ''),
       coalesce((SELECT string_agg(DISTINCT q.detector::text, ',')
                   FROM calbus.quantum q WHERE q.run_id = $1::uuid AND q.detector IS NOT NULL), ''),
       coalesce(r.options ->> 'verify_where', '')
  FROM calbus.run r WHERE r.id = $1::uuid;
