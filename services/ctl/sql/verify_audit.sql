-- The first line of the audit log, then of the history of ranges, that is not as it was written: its hash, its link or
-- its number.
SELECT log, seq
  FROM (SELECT 1 AS place, 'audit log' AS log, a.seq, a.hash = calbus.audit_hash(a) AS whole,
               a.prev_hash = coalesce(lag(a.hash) OVER (ORDER BY a.seq), repeat('0', 64)) AS linked,
               a.seq = row_number() OVER (ORDER BY a.seq) AS gapless
          FROM calbus.approval_audit AS a
         UNION ALL
        SELECT 2, 'history of ranges', r.seq, r.hash = calbus.history_hash(r),
               r.prev_hash = coalesce(lag(r.hash) OVER (ORDER BY r.seq), repeat('0', 64)), true
          FROM calbus.recertification AS r) AS line
 WHERE NOT (whole AND linked AND gapless)
 ORDER BY place, seq LIMIT 1
