-- No more files can be attached to a dataset. $1 scope  $2 name
UPDATE calbus.did AS d SET is_open = false, closed_at = now(), length = c.length, bytes = c.bytes
  FROM (SELECT count(*) AS length, coalesce(sum(f.bytes), 0) AS bytes
          FROM calbus.content AS c JOIN calbus.did AS f ON f.scope = c.child_scope AND f.name = c.child_name
         WHERE c.scope = $1 AND c.name = $2) AS c
 WHERE d.scope = $1 AND d.name = $2
