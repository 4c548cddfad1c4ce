-- Ranges that were changed, oldest first. $1 collection; NULL: all
SELECT seq, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), by_whom, repository, collection, dataset_type,
       detector, physical_filter, old_range::text, new_range::text, reason, dataset_id
  FROM calbus.recertification
 WHERE $1::text IS NULL OR collection = $1
 ORDER BY seq
