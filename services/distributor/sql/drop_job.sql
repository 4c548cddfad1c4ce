-- $1 job
DELETE FROM calbus.dist_job WHERE id = $1
