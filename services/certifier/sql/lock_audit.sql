-- One writer of the audit log at a time, until the transaction ends. A statement of its own, before append_audit, so
-- that append_audit sees the last line.
SELECT pg_advisory_xact_lock(hashtext('calbus.approval_audit'))
