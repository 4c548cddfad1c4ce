-- A set that may be closed, locked: nothing of its exposures is waiting in the landing folders, and either its last
-- frames are there for every detector and none came for $1 seconds, or none came for $2 seconds.
SELECT p.set_id, p.site, p.repository, p.instrument, p.day_obs, p.observation_type, p.observation_reason,
       p.physical_filter, p.science_program, p.first_exposure, p.last_exposure, p.exposures, p.detectors, p.frames,
       p.missing = 0, p.revision + 1
  FROM calbus.calibset AS s JOIN calbus.calibset_progress AS p USING (set_id)
 WHERE s.state = 'open' AND p.frames > 0
   AND ((p.missing_last = 0 AND s.last_frame_at < now() - make_interval(secs => $1::double precision)
         AND NOT EXISTS (SELECT FROM calbus.landed_file AS f WHERE f.state = 'arrived' AND f.site = s.site))
        OR s.last_frame_at < now() - make_interval(secs => $2::double precision))
 ORDER BY s.last_frame_at LIMIT 1
   FOR UPDATE OF s SKIP LOCKED
