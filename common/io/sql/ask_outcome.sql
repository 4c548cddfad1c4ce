-- Is this the server that such a name means, and how did the transaction there end? $1 "calbus:<system>:<xid>:<name>"
SELECT here, CASE WHEN here THEN pg_xact_status(split_part($1, ':', 3)::xid8) END
  FROM (SELECT system_identifier::text = split_part($1, ':', 2) AS here FROM pg_control_system()) AS server
