-- $1 rule
UPDATE calbus.distribution SET exported_at = now() WHERE rule_id = $1
