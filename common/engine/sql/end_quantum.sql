-- end_quantum: $1 id $2 state $3 error $4 wall_s $5 cpu_s $6 peak_rss_kb
UPDATE calbus.quantum
   SET state = $2, error = $3, ended_at = now(), lease_until = NULL, wall_s = $4::float8, cpu_s = $5::float8,
       peak_rss_kb = $6::bigint
 WHERE id = $1::uuid
