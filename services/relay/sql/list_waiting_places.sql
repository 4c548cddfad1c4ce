-- Where events lie that a group has not handled for a while.  $1 incarnation  $2 seconds
SELECT DISTINCT s.consumer_group, o.topic, o.log_partition
FROM calbus.outbox o JOIN calbus.subscription s ON s.type = o.type
WHERE o.published < now() - make_interval(secs => $2::float8) AND NOT o.settled AND o.incarnation = $1
  AND NOT EXISTS (SELECT FROM calbus.inbox i
                  WHERE i.day = o.day AND i.consumer_group = s.consumer_group AND i.ce_id = o.ce_id)
ORDER BY 1, 2, 3
