-- list_quanta: of a run, in order. $1 run
SELECT label, detector, physical_filter, cardinality(exposures), state, attempts, round(wall_s::numeric, 2),
       round(cpu_s::numeric, 2), peak_rss_kb / 1024, owner, error, id
  FROM calbus.quantum
 WHERE run_id = $1::uuid
 ORDER BY ordinal
