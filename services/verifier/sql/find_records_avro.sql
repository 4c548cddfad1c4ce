-- The next records of the history with what Sasquatch wants of them. $1 after  $2 at most
SELECT m.sequence, m.instrument, m.detector, m.calib_type, m.physical_filter, m.exposure, m.day_obs, m.run,
       m.dataset_tag, m.timestamp_tai_ns, m.calib_id, m.success, m.run_id,
       (SELECT count(*) FROM calbus.verification_test t
         WHERE t.run_id = m.run_id AND t.exposure = m.exposure AND t.detector = m.detector AND t.counts
           AND t.outcome = 'fail'),
       extract(epoch FROM m.recorded_at)
  FROM calbus.metric_record m WHERE m.sequence > $1 ORDER BY m.sequence LIMIT $2;
