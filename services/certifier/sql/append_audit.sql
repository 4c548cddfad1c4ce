-- One line of the audit log, chained to the one before; after lock_audit. $1 actor $2 action $3 proposal id
-- $4 from state $5 to state $6 comment $7 event id $8 trace
WITH last AS (SELECT seq, hash FROM calbus.approval_audit ORDER BY seq DESC LIMIT 1),
     line AS (
    SELECT (coalesce((SELECT seq FROM last), 0) + 1)::bigint AS seq, clock_timestamp() AS at, $1::text AS actor,
           $2::text AS action, $3::text AS proposal_id, $4::text AS from_state, $5::text AS to_state,
           $6::text AS comment, $7::text AS event_id, $8::text AS trace,
           coalesce((SELECT hash FROM last), repeat('0', 64)) AS prev_hash, ''::text AS hash)
INSERT INTO calbus.approval_audit
SELECT seq, at, actor, action, proposal_id, from_state, to_state, comment, event_id, trace, prev_hash,
       calbus.audit_hash((seq, at, actor, action, proposal_id, from_state, to_state, comment, event_id, trace,
                          prev_hash, hash)::calbus.approval_audit)
  FROM line
