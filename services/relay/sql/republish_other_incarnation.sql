-- What another broker had and not every group that must handle it has handled.  $1 incarnation  $2 slots
UPDATE calbus.outbox o
SET published = NULL, incarnation = NULL, log_partition = NULL, log_offset = NULL
WHERE o.published IS NOT NULL AND NOT o.settled AND o.incarnation <> $1 AND o.slot = ANY ($2::smallint[])
  AND EXISTS (SELECT FROM calbus.subscription s
              WHERE s.type = o.type
                AND NOT EXISTS (SELECT FROM calbus.inbox i
                                WHERE i.day = o.day AND i.consumer_group = s.consumer_group AND i.ce_id = o.ce_id))
