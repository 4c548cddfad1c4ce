-- $1 slot
SELECT pg_advisory_unlock(1667329122, $1::integer)
