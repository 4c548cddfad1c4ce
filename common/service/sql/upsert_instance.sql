-- A running service says that it lives.
-- $1 service  $2 instance  $3 site  $4 host  $5 pid  $6 version  $7 http  $8 state  $9 detail  $10 started (Unix ms)
INSERT INTO calbus.instance (service, instance, site, host, pid, version, http, state, detail, started, seen)
VALUES ($1, $2, $3, $4, $5::integer, $6, $7, $8, $9, to_timestamp($10::bigint / 1000.0), now())
ON CONFLICT (service, instance) DO UPDATE SET
    site = excluded.site, host = excluded.host, pid = excluded.pid, version = excluded.version, http = excluded.http,
    state = excluded.state, detail = excluded.detail, started = excluded.started, seen = excluded.seen
