-- Somebody else may go on with a job. $1 job
UPDATE calbus.dist_job SET lease_until = NULL, next_attempt = now() WHERE id = $1
