-- Exposures of a verification. $1 run id  $2 exposures, comma separated  $3 origin
INSERT INTO calbus.verification_exposure (run_id, exposure, origin)
SELECT $1::uuid, e::bigint, $3 FROM unnest(string_to_array($2, ',')) AS e WHERE e <> ''
ON CONFLICT DO NOTHING;
