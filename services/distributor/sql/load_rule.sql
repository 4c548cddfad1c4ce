-- $1 rule
SELECT r.scope, r.name, r.rse_expression, r.copies,
       (SELECT count(*) FROM calbus.content AS c WHERE c.scope = r.scope AND c.name = r.name),
       r.locks_ok, r.locks_replicating, r.locks_stuck, r.error
  FROM calbus.rule AS r WHERE r.id = $1
