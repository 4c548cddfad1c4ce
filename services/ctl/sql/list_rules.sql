-- Replication rules, newest first.
SELECT id, account, scope || ':' || name, rse_expression, copies, state, locks_ok, locks_replicating, locks_stuck, error,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
  FROM calbus.rule ORDER BY created_at DESC
