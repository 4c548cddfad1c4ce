-- reopen_run: $1 id
UPDATE calbus.run SET state = 'running', ended_at = NULL, error = '' WHERE id = $1::uuid
