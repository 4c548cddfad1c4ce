-- A file of a dataset, and its replica where it comes from. $1 scope  $2 dataset  $3 file  $4 storage element
WITH part AS (
    INSERT INTO calbus.content (scope, name, child_scope, child_name) VALUES ($1, $2, $1, $3) ON CONFLICT DO NOTHING)
INSERT INTO calbus.replica (rse, scope, name, bytes, adler32, md5, state, path)
SELECT $4, scope, name, bytes, adler32, md5, 'AVAILABLE', scope || '/' || name
  FROM calbus.did WHERE scope = $1 AND name = $3
ON CONFLICT (scope, name, rse) DO UPDATE SET state = 'AVAILABLE', updated_at = now()
