-- release_quantum: let it be taken again. $1 id $2 after, ms $3 error $4 attempts that do not count
UPDATE calbus.quantum
   SET state = 'ready', owner = NULL, lease_until = NULL, error = $3, attempts = attempts - $4::int,
       not_before = now() + $2::bigint * interval '1 millisecond'
 WHERE id = $1::uuid
