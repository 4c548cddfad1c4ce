-- What ended a validity that held at a time, newest first. $1 repository  $2 dataset type  $3 time, TAI ns
SELECT r.collection, r.dataset_id, r.detector, r.physical_filter, r.old_range::text,
       to_char(r.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), r.by_whom, r.reason, coalesce(p.taxicab_ticket, '')
  FROM calbus.recertification AS r LEFT JOIN calbus.proposal AS p ON p.id = r.proposal_id
 WHERE r.repository = $1 AND r.dataset_type = $2 AND r.old_range @> $3::bigint AND NOT r.new_ranges @> $3::bigint
 ORDER BY r.seq DESC
