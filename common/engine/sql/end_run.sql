-- end_run: $1 id $2 state $3 error
UPDATE calbus.run SET state = $2, ended_at = now(), error = $3 WHERE id = $1::uuid
