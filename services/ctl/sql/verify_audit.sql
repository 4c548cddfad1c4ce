-- The first line of the audit log that is not as it was written: its hash, its link or its number.
SELECT seq
    FROM (SELECT a.seq, a.hash = calbus.audit_hash(a) AS whole, a.prev_hash = coalesce(lag(a.hash) OVER
         (ORDER BY a.seq), repeat('0', 64)) AS linked, a.seq = row_number() OVER (ORDER BY a.seq) AS gapless
  FROM calbus.approval_audit AS a) AS line
  WHERE NOT (whole AND linked AND gapless)
  ORDER BY seq LIMIT 1
