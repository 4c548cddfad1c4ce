-- One row when this night may speak on the product: it is not older than what spoke last.
-- $1 instrument  $2 type  $3 filter  $4 day_obs  $5 revision  $6 run id
INSERT INTO calbus.alarm_verified (instrument, calib_type, physical_filter, day_obs, revision, run_id)
VALUES ($1, $2, $3, $4::integer, $5::integer, $6)
ON CONFLICT (instrument, calib_type, physical_filter) DO UPDATE
   SET day_obs = EXCLUDED.day_obs, revision = EXCLUDED.revision, run_id = EXCLUDED.run_id
 WHERE (calbus.alarm_verified.day_obs, calbus.alarm_verified.revision) <= (EXCLUDED.day_obs, EXCLUDED.revision)
    OR calbus.alarm_verified.day_obs < EXCLUDED.day_obs
RETURNING day_obs
