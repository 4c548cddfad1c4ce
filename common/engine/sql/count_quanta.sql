-- count_quanta: how a run stands. $1 run
SELECT count(*) FILTER (WHERE state IN ('waiting', 'ready', 'running')), count(*) FILTER (WHERE state = 'succeeded'),
       count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE state IN ('skipped', 'cancelled')), count(*),
       coalesce((SELECT q.label || coalesce(' detector ' || q.detector, '') || coalesce(' ' || q.physical_filter, '') ||
                        ': ' || q.error
                   FROM calbus.quantum q
                  WHERE q.run_id = $1::uuid AND q.state = 'failed' ORDER BY q.ended_at, q.ordinal LIMIT 1), '')
  FROM calbus.quantum
 WHERE run_id = $1::uuid
