-- A rule's counters and state as its locks say. $1 rule  $2 why it is stuck, if it is
WITH before AS (SELECT id, state, locks_ok FROM calbus.rule WHERE id = $1),
     counted AS (SELECT count(*) FILTER (WHERE state = 'OK') AS ok,
                        count(*) FILTER (WHERE state = 'REPLICATING') AS replicating,
                        count(*) FILTER (WHERE state = 'STUCK') AS stuck
                   FROM calbus.lock WHERE rule_id = $1),
     now_is AS (SELECT c.*, CASE WHEN b.state = 'SUSPENDED' THEN 'SUSPENDED'
                                 WHEN c.stuck > 0 THEN 'STUCK'
                                 WHEN c.replicating > 0 THEN 'REPLICATING' ELSE 'OK' END AS state
                  FROM counted AS c, before AS b)
UPDATE calbus.rule AS r
   SET locks_ok = n.ok, locks_replicating = n.replicating, locks_stuck = n.stuck, state = n.state,
       error = CASE WHEN n.stuck = 0 AND n.state <> 'SUSPENDED' THEN ''
                    WHEN $2 <> '' THEN left($2, 245) ELSE r.error END,
       stuck_at = CASE WHEN n.stuck = 0 THEN NULL ELSE coalesce(r.stuck_at, now()) END, updated_at = now()
  FROM now_is AS n, before AS b WHERE r.id = b.id
RETURNING b.state, r.state, b.locks_ok
