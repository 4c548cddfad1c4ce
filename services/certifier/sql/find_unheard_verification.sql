-- A verification that has finished and of which this group has yet to hear. $1 consumer group
SELECT o.key FROM calbus.outbox AS o
 WHERE o.type = 'verification.finished' AND NOT o.settled
   AND NOT EXISTS (SELECT FROM calbus.inbox AS i WHERE i.day = o.day AND i.consumer_group = $1 AND i.ce_id = o.ce_id)
 LIMIT 1
