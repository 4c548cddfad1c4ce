-- A frame that was verified with a calibration of another RUN than was to be verified. $1 run id
SELECT f.detector, f.calib_run FROM calbus.verification_frame f JOIN calbus.verification v USING (run_id)
 WHERE v.run_id = $1::uuid AND v.kind = 'campaign' AND v.generation_run <> '' AND f.calib_run <> v.generation_run
 ORDER BY f.detector, f.exposure LIMIT 1;
