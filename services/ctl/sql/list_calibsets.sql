-- Calibration sets, newest day first.
SELECT instrument, day_obs, observation_type, observation_reason, physical_filter, science_program, repository,
       exposures, detectors, frames, missing, state, complete, revision, set_id
  FROM calbus.calibset_progress
 ORDER BY day_obs DESC, instrument, observation_type, physical_filter, repository
