-- An open dataset; no row: the name is taken. $1 scope  $2 name
INSERT INTO calbus.did (scope, name, type, is_open, monotonic) VALUES ($1, $2, 'DATASET', true, true)
ON CONFLICT DO NOTHING RETURNING name
