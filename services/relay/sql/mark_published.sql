-- Where events lie now.  $1 incarnation  $2 days  $3 ids  $4 partitions  $5 offsets (arrays)
UPDATE calbus.outbox o
SET published = now(), incarnation = $1, log_partition = u.log_partition, log_offset = u.log_offset
FROM unnest($2::date[], $3::bigint[], $4::integer[], $5::bigint[]) AS u (day, id, log_partition, log_offset)
WHERE o.day = u.day AND o.id = u.id
