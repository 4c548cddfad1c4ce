-- The answer to a request that has none. $1 id  $2 state  $3 exit status  $4 result, JSON or NULL  $5 error or NULL
UPDATE calbus.request SET state = $2, exit = $3::integer, result = $4::jsonb, error = $5, finished = now()
 WHERE id = $1::uuid AND state = 'open'
