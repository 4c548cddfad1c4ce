-- A file lies in a landing folder. One that was dealt with before and lies there again is a new arrival; what was recorded
-- of it stays until the new one is dealt with.
-- $1 path  $2 site  $3 exposure name
INSERT INTO calbus.landed_file (path, site, exposure_name) VALUES ($1, $2, $3)
ON CONFLICT (path) DO UPDATE
   SET state = 'arrived', arrived_at = now(), finished_at = NULL, next_attempt = now(), attempts = 0,
       lease_until = NULL, token = calbus.landed_file.token + 1
 WHERE calbus.landed_file.state <> 'arrived'
