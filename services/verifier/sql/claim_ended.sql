-- One open verification whose run has ended; another verifier's are passed over.
SELECT v.run_id, v.kind, v.repository, v.instrument, v.calib_type, v.physical_filter, v.generation_run, v.verify_run,
       v.day_obs, v.set_id, v.revision, r.state, r.error, r.ticket, r.output_collection, r.data_query,
       array_to_string(r.inputs, ', '), r.requested_by, to_char(r.requested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'),
       r.quanta, r.pipeline, r.template,
       floor(extract(epoch FROM r.requested_at))::bigint
  FROM calbus.verification v JOIN calbus.run r ON r.id = v.run_id
 WHERE v.state = 'open' AND r.state IN ('succeeded', 'failed', 'cancelled')
 ORDER BY v.created_at LIMIT 1 FOR UPDATE OF v SKIP LOCKED;
