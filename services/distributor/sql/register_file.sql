-- A file's identifier; whether what is registered has this content. No row: somebody else registers it now.
-- $1 scope  $2 name  $3 bytes  $4 adler32  $5 md5
WITH new AS (
    INSERT INTO calbus.did (scope, name, type, bytes, adler32, md5)
    VALUES ($1, $2, 'FILE', $3::bigint, $4, $5) ON CONFLICT DO NOTHING RETURNING true AS same)
SELECT same FROM new
 UNION ALL
SELECT type = 'FILE' AND bytes = $3::bigint AND adler32 = $4 AND md5 = $5 FROM calbus.did WHERE scope = $1 AND name = $2
