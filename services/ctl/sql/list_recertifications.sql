-- Ranges that were changed, oldest first; what remains one range a line. $1 collection; NULL: all
SELECT r.seq, to_char(r.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), r.by_whom, r.repository, r.collection,
       r.dataset_type, r.detector, r.physical_filter, r.old_range::text,
       coalesce((SELECT string_agg(one::text, E'\n' ORDER BY one) FROM unnest(r.new_ranges) AS one), ''), r.reason,
       r.dataset_id, coalesce(p.taxicab_ticket, ''), r.proposal_id, r.hash
  FROM calbus.recertification AS r LEFT JOIN calbus.proposal AS p ON p.id = r.proposal_id
 WHERE $1::text IS NULL OR r.collection = $1
 ORDER BY r.seq
