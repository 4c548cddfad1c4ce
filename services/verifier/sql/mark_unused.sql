-- Exposures of which nothing was verified. $1 run id
UPDATE calbus.verification_exposure x SET used = false, reason = 'no frame of it could be processed'
 WHERE x.run_id = $1::uuid
   AND NOT EXISTS (SELECT 1 FROM calbus.verification_frame f WHERE f.run_id = x.run_id AND f.exposure = x.exposure);
