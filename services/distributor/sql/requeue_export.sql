-- An export that was given up. $1 rule
INSERT INTO calbus.dist_job (id, kind)
SELECT d.rule_id, 'EXPORT' FROM calbus.distribution AS d WHERE d.rule_id = $1 AND d.exported_at IS NULL
ON CONFLICT (id) DO NOTHING
