-- What a group can no longer read, or has committed beyond without a mark.
-- $1 incarnation  $2 group  $3 topic  $4 partition  $5 first offset of the log  $6 its end  $7 committed offset
UPDATE calbus.outbox o
SET published = NULL, incarnation = NULL, log_partition = NULL, log_offset = NULL
WHERE o.published IS NOT NULL AND NOT o.settled AND o.incarnation = $1 AND o.topic = $3
  AND o.log_partition = $4::integer
  AND (o.log_offset < $5::bigint OR o.log_offset >= $6::bigint OR o.log_offset < $7::bigint)
  AND EXISTS (SELECT FROM calbus.subscription s WHERE s.consumer_group = $2 AND s.type = o.type)
  AND NOT EXISTS (SELECT FROM calbus.inbox i
                  WHERE i.day = o.day AND i.consumer_group = $2 AND i.ce_id = o.ce_id)
RETURNING o.id
