-- One writer of the history of ranges at a time, until the transaction ends; before store_recertification, so that this
-- sees the last line.
SELECT pg_advisory_xact_lock(hashtext('calbus.recertification'))
