-- $1 sequence  $2 run id  $3 instrument  $4 detector  $5 type  $6 filter  $7 exposure  $8 day_obs  $9 run  $10 tag
-- $11 time, TAI ns  $12 calib id  $13 success
INSERT INTO calbus.metric_record (sequence, run_id, instrument, detector, calib_type, physical_filter, exposure,
                                  day_obs, run, dataset_tag, timestamp_tai_ns, calib_id, success)
VALUES ($1, $2::uuid, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);
