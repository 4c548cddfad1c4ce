-- Transactions over two databases that were cut off between their commits: "calbus:<system>:<xid>:<name>", and that name.
SELECT gid, substring(gid FROM '^calbus:[0-9]+:[0-9]+:(.*)$')
  FROM pg_prepared_xacts
 WHERE database = current_database() AND gid ~ '^calbus:[0-9]+:[0-9]+:'
   AND prepared < clock_timestamp() - interval '1 s' -- younger ones are most likely about to be ended
 ORDER BY prepared
