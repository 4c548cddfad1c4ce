-- A job that is still ours. $1 job  $2 token
SELECT id FROM calbus.dist_job WHERE id = $1 AND token = $2::bigint AND lease_until IS NOT NULL FOR UPDATE
