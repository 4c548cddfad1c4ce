-- Calibration sets, newest day first.
SELECT day_obs, instrument, observation_type, physical_filter, repository, exposures, frames, missing, state
  FROM calbus.calibset_progress ORDER BY day_obs DESC, observation_type, physical_filter, repository LIMIT 60
