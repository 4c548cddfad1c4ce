-- Ranges that could not follow. $1 rule
WITH again AS (
    UPDATE calbus.site_range SET state = 'PENDING' WHERE rule_id = $1 AND state = 'FAILED' RETURNING id)
INSERT INTO calbus.dist_job (id, kind) SELECT id, 'RANGES' FROM again ON CONFLICT (id) DO NOTHING
