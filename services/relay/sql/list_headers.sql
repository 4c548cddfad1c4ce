-- Further headers of one event.  $1 day  $2 id
SELECT h.key, h.value
FROM calbus.outbox o, jsonb_each_text(o.headers) h
WHERE o.day = $1::date AND o.id = $2::bigint ORDER BY h.key
