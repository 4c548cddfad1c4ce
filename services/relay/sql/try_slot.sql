-- Take a slot for this session, if nobody has it.  $1 slot
SELECT pg_try_advisory_lock(1667329122, $1::integer)
