-- What has become of a request. $1 id
SELECT state <> 'open', state IN ('refused', 'failed'), exit, result::text, error FROM calbus.request WHERE id = $1::uuid
