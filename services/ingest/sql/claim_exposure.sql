-- Take the files of one exposure that have arrived: the exposure that has waited longest, at most $2 of its files.
-- $1 lease in seconds  $2 most files
WITH first AS (
    SELECT exposure_name, site FROM calbus.landed_file
     WHERE state = 'arrived' AND next_attempt <= now() AND (lease_until IS NULL OR lease_until < now())
     ORDER BY next_attempt, path LIMIT 1 FOR UPDATE SKIP LOCKED),
     mine AS (
    SELECT f.path FROM calbus.landed_file AS f JOIN first USING (exposure_name, site)
     WHERE f.state = 'arrived' AND f.next_attempt <= now() AND (f.lease_until IS NULL OR f.lease_until < now())
     ORDER BY f.path LIMIT $2::integer FOR UPDATE OF f SKIP LOCKED)
UPDATE calbus.landed_file AS f
   SET lease_until = now() + make_interval(secs => $1::double precision), token = token + 1, attempts = attempts + 1
  FROM mine WHERE f.path = mine.path
RETURNING f.path, f.site, f.token
