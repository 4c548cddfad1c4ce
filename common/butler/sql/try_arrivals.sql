-- $1 schema text: is nobody bringing files, this session neither? Then nobody begins until the lock is gone.
SELECT CASE WHEN NOT EXISTS (
    SELECT FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() AND l.objsubid = 2
        AND l.classid::bigint = hashtext('calbus arrivals')::bigint & 4294967295
        AND l.objid::bigint = hashtext($1)::bigint & 4294967295)
    THEN pg_try_advisory_xact_lock(hashtext('calbus arrivals'), hashtext($1)) ELSE false END;
