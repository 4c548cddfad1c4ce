-- The next records of the history. $1 after  $2 at most
SELECT sequence, instrument, detector, calib_type, physical_filter, exposure, day_obs, run, dataset_tag,
       timestamp_tai_ns
  FROM calbus.metric_record WHERE sequence > $1 ORDER BY sequence LIMIT $2;
