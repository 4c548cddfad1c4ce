-- Relays that live.
SELECT count(*) FROM calbus.instance
WHERE service = 'relay' AND state IN ('starting', 'ready', 'degraded') AND seen > now() - interval '15 s'
