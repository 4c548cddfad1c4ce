-- Instances of a service that were heard of lately. $1 service
SELECT count(*) FROM calbus.instance
 WHERE service = $1 AND state NOT IN ('stopping', 'stopped') AND seen > now() - interval '30 seconds'
