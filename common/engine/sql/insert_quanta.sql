-- insert_quanta: $1 a JSON list of quanta
INSERT INTO calbus.quantum (id, run_id, engine, label, ordinal, state, detector, physical_filter, band, exposures,
                            waits_for, memory_mb)
SELECT x.id, x.run_id, x.engine, x.label, x.ordinal, CASE WHEN x.waits_for = 0 THEN 'ready' ELSE 'waiting' END,
       x.detector, x.physical_filter, x.band, x.exposures, x.waits_for, x.memory_mb
  FROM jsonb_to_recordset($1::jsonb) AS x(id uuid, run_id uuid, engine text, label text, ordinal int, detector bigint,
       physical_filter text, band text, exposures bigint[], waits_for int, memory_mb bigint)
