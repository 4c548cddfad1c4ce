-- Events that every group of their type has handled (or nobody must handle) need no more looking at.
UPDATE calbus.outbox o
SET settled = true
WHERE o.published IS NOT NULL AND NOT o.settled
  AND NOT EXISTS (SELECT FROM calbus.subscription s
                  WHERE s.type = o.type
                    AND NOT EXISTS (SELECT FROM calbus.inbox i
                                    WHERE i.day = o.day AND i.consumer_group = s.consumer_group
                                      AND i.ce_id = o.ce_id))
