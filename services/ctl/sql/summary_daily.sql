-- The newest night's exposures against what is in force: verdict, and which detectors failed.
WITH night AS (SELECT max(day_obs) AS day_obs FROM calbus.verification WHERE kind = 'daily' AND state = 'finished'),
failed AS (
    SELECT v.day_obs, t.detector,
           string_agg(DISTINCT v.calib_type || ' ' || t.test || CASE t.amp WHEN '' THEN '' ELSE ' ' || t.amp END, ', ') AS what
    FROM calbus.verification AS v
    JOIN night USING (day_obs)
    JOIN calbus.verification_test AS t ON t.run_id = v.run_id
    WHERE v.kind = 'daily' AND v.state = 'finished' AND t.outcome = 'fail' AND t.counts
    GROUP BY v.day_obs, t.detector)
SELECT 'daily' AS section, '' AS subject,
       format('%s against what is in force: %s%s', night.day_obs,
              (SELECT string_agg(format('%s %s', calib_type, verdict), '   ' ORDER BY finished_at)
               FROM calbus.verification WHERE kind = 'daily' AND state = 'finished' AND day_obs = night.day_obs),
              coalesce((SELECT ', ' || string_agg(format('detector %s (%s)', detector,
                                 CASE WHEN length(what) > 80 THEN left(what, 77) || '...' ELSE what END), ', ' ORDER BY detector)
                        FROM failed), '')) AS text
FROM night WHERE night.day_obs IS NOT NULL
