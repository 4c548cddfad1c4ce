-- The rules that want a file at a storage element. $1 scope  $2 name  $3 rse
SELECT r.id FROM calbus.rule AS r
 WHERE r.id IN (SELECT rule_id FROM calbus.lock WHERE scope = $1 AND name = $2 AND rse = $3)
 ORDER BY r.id FOR UPDATE
