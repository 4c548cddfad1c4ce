-- count_instances: how many of a service have been heard of lately. $1 service
SELECT count(*) FROM calbus.instance
 WHERE service = $1 AND state IN ('starting', 'ready', 'degraded') AND seen > now() - interval '60 seconds'
