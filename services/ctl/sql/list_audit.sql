-- The audit log.
SELECT seq, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), actor, action, proposal_id,
       from_state, to_state, comment, hash
  FROM calbus.approval_audit
  ORDER BY seq
