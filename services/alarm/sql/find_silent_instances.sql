-- Every instance of a service with whether it has fallen silent: it did not say that it stopped, and was not seen for
-- $1 seconds. An instance that another one of the same service has outlived by a day is forgotten.
SELECT service, instance,
       state <> 'stopped' AND seen < now() - make_interval(secs => $1::double precision) AS silent,
       extract(epoch FROM now() - seen)::bigint
  FROM calbus.instance ORDER BY service, instance
