-- Replication rules, newest first.
SELECT state, scope || ':' || name, rse_expression, locks_ok, locks_replicating, locks_stuck
  FROM calbus.rule ORDER BY created_at DESC LIMIT 60
