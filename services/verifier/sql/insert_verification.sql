-- What a verify run verifies.
-- $1 run id  $2 kind  $3 repository  $4 instrument  $5 type  $6 filter  $7 generation run  $8 verify run  $9 day_obs
-- $10 set id  $11 revision
INSERT INTO calbus.verification (run_id, kind, repository, instrument, calib_type, physical_filter, generation_run,
                                 verify_run, day_obs, set_id, revision)
VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (run_id) DO NOTHING;
