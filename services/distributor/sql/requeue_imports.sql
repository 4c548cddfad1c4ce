-- Imports that were given up. $1 rule
WITH again AS (
    UPDATE calbus.site_import SET state = 'PENDING' WHERE rule_id = $1 AND state = 'FAILED' RETURNING id)
INSERT INTO calbus.dist_job (id, kind) SELECT id, 'IMPORT' FROM again ON CONFLICT (id) DO NOTHING
