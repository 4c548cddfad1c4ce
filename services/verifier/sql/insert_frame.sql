-- One exposure of one detector. $1 run id  $2 exposure  $3 detector  $4 name  $5 was input  $6 success  $7 calib run
-- $8 calib id  $9 calib sha256
INSERT INTO calbus.verification_frame (run_id, exposure, detector, detector_name, was_input, success, calib_run,
                                       calib_uuid, calib_sha256)
VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT DO NOTHING;
