-- The detectors of a verification for its report. $1 run id
SELECT c.detector, coalesce(max(f.detector_name), ''), count(DISTINCT f.exposure),
       coalesce(max(f.calib_uuid), ''), coalesce(max(f.calib_sha256), '')
  FROM (SELECT DISTINCT detector FROM calbus.verification_test WHERE run_id = $1::uuid AND detector >= 0) c
  LEFT JOIN calbus.verification_frame f ON f.run_id = $1::uuid AND f.detector = c.detector
 GROUP BY c.detector ORDER BY c.detector;
