-- cancel_quanta: what is not done of a run will not be. $1 run
UPDATE calbus.quantum SET state = 'cancelled', ended_at = now(), lease_until = NULL
 WHERE run_id = $1::uuid AND state IN ('waiting', 'ready', 'running')
