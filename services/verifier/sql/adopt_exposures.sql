-- The exposures of a run that somebody selected. $1 run id
INSERT INTO calbus.verification_exposure (run_id, exposure, origin)
SELECT DISTINCT $1::uuid, e, 'selection'
  FROM calbus.quantum q, unnest(q.exposures) AS e WHERE q.run_id = $1::uuid
ON CONFLICT DO NOTHING;
