-- How far a proposal has come at one site. Steps only go forward, except from and to FAILED.
-- $1 proposal  $2 site  $3 repository  $4 state  $5 detail  $6 fingerprint
INSERT INTO calbus.facility_deployment (proposal_id, site, repository, state, detail, fingerprint)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (proposal_id, site, repository) DO UPDATE
   SET state = EXCLUDED.state, detail = EXCLUDED.detail, changed_at = now(),
       fingerprint = CASE WHEN EXCLUDED.fingerprint <> '' THEN EXCLUDED.fingerprint
                          ELSE calbus.facility_deployment.fingerprint END
 WHERE EXCLUDED.state = 'FAILED' OR calbus.facility_deployment.state = 'FAILED'
    OR array_position(ARRAY['IMPORTED', 'CHAINED', 'VERIFIED_IN_USE'], EXCLUDED.state)
       >= array_position(ARRAY['IMPORTED', 'CHAINED', 'VERIFIED_IN_USE'], calbus.facility_deployment.state)
