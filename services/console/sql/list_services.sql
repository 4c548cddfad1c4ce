-- Instances of services that are there, or fell silent.
SELECT state, service, instance, site, extract(epoch FROM now() - seen)::integer, detail
  FROM calbus.instance WHERE state <> 'stopped' ORDER BY service, instance
